package smalti.dalle.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.autograd.Autograd;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

final class ImageSamplerTest {
  private static final TransformerConfig C =
      new TransformerConfig(4, 9, 4, 16, 24, 4, 3, TransformerConfig.Attention.SPARSE, 3, 0.1, 0);
  private static final int[] CAPTION = {2, 7, 1};

  private static SparseTransformer model() {
    SparseTransformer model = new SparseTransformer(C, Random.of(1));
    model
        .namedParameters()
        .forEach((name, p) -> p.assign(Random.of(2).split(name).normal(p.shape()).mul(0.3)));
    return model;
  }

  private static int[] sample(Sampling sampling, List<ImageSampler.Request> requests) {
    return new ImageSampler(model(), sampling).sample(requests, done -> {}).toInts();
  }

  private static List<ImageSampler.Request> candidates(int... numbers) {
    List<ImageSampler.Request> requests = new ArrayList<>();
    for (int i : numbers) {
      requests.add(ImageSampler.Request.of(i % 2 == 0 ? CAPTION : new int[0], 5, i));
    }
    return requests;
  }

  @Test
  void aCandidateIsTheSameAloneAndInABatch() {
    int[] together = sample(Sampling.paper(), candidates(0, 1, 2, 3, 4, 5));
    for (int i = 0; i < 6; i++) {
      int[] alone = sample(Sampling.paper(), candidates(i));
      for (int slot = 0; slot < C.imageLength(); slot++) {
        assertThat(together[i * C.imageLength() + slot]).isEqualTo(alone[slot]);
      }
    }
  }

  @Test
  void candidatesAndSeedsDiffer() {
    int[] a = sample(Sampling.paper(), candidates(0));
    assertThat(sample(Sampling.paper(), candidates(2))).isNotEqualTo(a);
    assertThat(sample(Sampling.paper(), List.of(ImageSampler.Request.of(CAPTION, 6, 0))))
        .isNotEqualTo(a);
    assertThat(sample(Sampling.paper(), candidates(0))).isEqualTo(a);
  }

  /// Greedy sampling, checked against whole streams: each token is the most likely one after those
  /// before it.
  @Test
  void greedyTakesTheArgmaxOfEachSlot() {
    int[] tokens = sample(Sampling.greedy(), candidates(0));
    assertThat(logits(CAPTION, tokens).argmax().toInts()).containsExactly(tokens);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 3, 6})
  void guidanceMovesTheScoresAwayFromThoseWithoutACaption(double guidance) {
    int[] tokens = sample(new Sampling(0, 0, 1, guidance), candidates(0));
    Tensor with = logits(CAPTION, tokens);
    Tensor without = logits(new int[0], tokens);
    Tensor guided = without.add(with.sub(without).mul(guidance));
    assertThat(guided.argmax().toInts()).containsExactly(tokens);
    assertThat(with.argmax().toInts()).isNotEqualTo(tokens);
  }

  @Test
  void aGuidedCandidateIsTheSameAloneAndInABatch() {
    Sampling guided = new Sampling(1, 0, 0.9, 2);
    int[] together = sample(guided, candidates(0, 1, 2));
    for (int i = 0; i < 3; i++) {
      int from = i * C.imageLength();
      assertThat(Arrays.copyOfRange(together, from, from + C.imageLength()))
          .isEqualTo(sample(guided, candidates(i)));
    }
  }

  @Test
  void guidanceHasNoEffectOnAnEmptyCaption() {
    Sampling guided = new Sampling(1, 0, 1, 4);
    assertThat(sample(guided, candidates(1))).isEqualTo(sample(Sampling.paper(), candidates(1)));
  }

  /// Returns the scores of whole streams, (1, I, K).
  private static Tensor logits(int[] caption, int[] tokens) {
    Tensor text = Tensor.of(C.padded(caption), 1, C.textLength());
    Tensor image = Tensor.of(tokens, 1, C.imageLength());
    return Autograd.noGrad(() -> model().forward(text, image, Pass.inference())).image().value();
  }

  @Test
  void progressCountsThePositions() {
    List<Integer> seen = new ArrayList<>();
    Tensor tokens = new ImageSampler(model(), Sampling.paper()).sample(candidates(0, 1), seen::add);
    assertThat(tokens.shape()).isEqualTo(Shape.of(2, C.imageLength()));
    assertThat(seen).hasSize(C.imageLength()).isSorted().endsWith(C.imageLength());
    assertThat(Arrays.stream(tokens.toInts())).allMatch(t -> t >= 0 && t < C.imageVocabulary());
  }
}
