package smalti.tests.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.dalle.plan.Job;
import smalti.dalle.sample.ImageSampler;
import smalti.dalle.sample.Sampling;
import smalti.dalle.transformer.LayerPlan;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.nn.Pass;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Holds acceptance tests 7 to 11 and the second half of 17: masks, leaks, seams, the loss,
/// samples.
final class TransformerAcceptanceTest {
  private static final int TEXT = 6;
  private static final int SIDE = 4;
  private static final int W = 32;

  /// All patterns, four layers, captions with pads; no parameter at its initial zero.
  private static final TransformerConfig C =
      new TransformerConfig(4, 7, 3, 5, 16, 4, 2, TransformerConfig.Attention.SPARSE, 3, 0, 0);

  private static SparseTransformer model() {
    SparseTransformer model = new SparseTransformer(C, Random.of(1));
    model
        .namedParameters()
        .forEach((name, p) -> p.assign(Random.of(2).split(name).normal(p.shape()).mul(0.5)));
    return model;
  }

  private static Tensor text(int... caption) {
    return Tensor.of(C.padded(caption), 1, C.textLength());
  }

  private static Tensor image(int seed) {
    Random random = Random.of(seed);
    int[] ids = new int[C.imageLength()];
    Arrays.setAll(ids, i -> random.nextInt(C.imageVocabulary()));
    return Tensor.of(ids, 1, ids.length);
  }

  private static SparseTransformer.Logits scores(SparseTransformer m, Tensor text, Tensor image) {
    return Autograd.noGrad(() -> m.forward(text, image, Pass.inference()));
  }

  // ---- 7 ----

  /// Acceptance test 7: the masks are the cells of figure 11, and the layer plan for depth 64 has
  /// 47 row, 16 column and 1 convolutional layers.
  @Test
  void test07MasksAreThoseOfFigure11AndDepth64Has47Row16ColumnAnd1Conv() throws IOException {
    Map<String, List<String>> figure = figure();
    Map<String, AttentionPattern> patterns =
        Map.of(
            "row", new AttentionPattern.Row(TEXT, SIDE),
            "column", new AttentionPattern.Column(TEXT, SIDE),
            "column-transposed", new AttentionPattern.TransposedColumn(TEXT, SIDE),
            "conv", new AttentionPattern.Conv(TEXT, SIDE, 3));
    assertThat(figure.keySet()).isEqualTo(patterns.keySet());
    patterns.forEach((name, p) -> assertThat(grid(p)).as(name).isEqualTo(figure.get(name)));
    Map<Class<?>, Long> plan =
        LayerPlan.of(Job.preset("dalle-12b").model()).stream()
            .collect(Collectors.groupingBy(AttentionPattern::getClass, Collectors.counting()));
    assertThat(plan)
        .isEqualTo(
            Map.of(
                AttentionPattern.Row.class, 47L,
                AttentionPattern.TransposedColumn.class, 16L,
                AttentionPattern.Conv.class, 1L));
  }

  private static Map<String, List<String>> figure() throws IOException {
    Map<String, List<String>> grids = new HashMap<>();
    try (InputStream in =
        Objects.requireNonNull(
            TransformerAcceptanceTest.class.getResourceAsStream("/acceptance/masks.txt"))) {
      List<String> rows = new ArrayList<>();
      for (String line :
          new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).toList()) {
        if (line.startsWith("#")) {
          rows.add(line);
        } else if (!line.isEmpty()) {
          rows = new ArrayList<>();
          grids.put(line, rows);
        }
      }
    }
    return grids;
  }

  private static List<String> grid(AttentionPattern p) {
    int length = TEXT + SIDE * SIDE;
    return IntStream.range(0, length)
        .mapToObj(q ->
            IntStream.range(0, length)
                .mapToObj(k -> p.allows(q, k) ? "#" : ".")
                .collect(Collectors.joining()))
        .toList();
  }

  // ---- 8 ----

  /// Acceptance test 8: keys that the last position sees at W = 32 are 33, 32 and 66 for row,
  /// column and 11×11 convolution, and 32.5, 16.5 and 59.9 in the mean.
  @Test
  void test08KeyCountsOnThePapersGrid() {
    AttentionPattern[] patterns = {
      new AttentionPattern.Row(256, W),
      new AttentionPattern.Column(256, W),
      new AttentionPattern.Conv(256, W, 11)
    };
    int[] last = {33, 32, 66};
    double[] mean = {32.5, 16.5, 59.9};
    for (int i = 0; i < 3; i++) {
      int total = 0;
      for (int q = 0; q < W * W; q++) {
        total += keys(patterns[i], q);
      }
      assertThat(keys(patterns[i], W * W - 1)).as("%s", patterns[i]).isEqualTo(last[i]);
      assertThat(total / (double) (W * W)).as("%s", patterns[i]).isCloseTo(mean[i], within(0.05));
    }
  }

  private static int keys(AttentionPattern p, int query) {
    int n = 0;
    for (int k = 0; k < W * W; k++) {
      n += p.allows(256 + query, 256 + k) ? 1 : 0;
    }
    return n;
  }

  // ---- 9 ----

  /// Acceptance test 9, leaks: no slot sees its own token or a later one, and the next one does see
  /// it.
  @Test
  void test09NoSlotSeesALaterToken() {
    SparseTransformer model = model();
    Tensor text = text(3, 1, 4, 2);
    Tensor image = image(4);
    SparseTransformer.Logits before = scores(model, text, image);
    for (int p = 0; p < C.imageLength(); p++) {
      Tensor other = changed(image, p, C.imageVocabulary());
      SparseTransformer.Logits after = scores(model, text, other);
      assertSeenOnlyAfter(p, before.image().value(), after.image().value());
      assertThat(after.text().value().toFloats())
          .as("text, image token %d", p)
          .containsExactly(before.text().value().toFloats());
    }
    for (int p = 0; p < C.textLength(); p++) {
      Tensor other = changed(text, p, C.textVocabulary());
      SparseTransformer.Logits after = scores(model, other, image);
      assertSeenOnlyAfter(p, before.text().value(), after.text().value());
    }
  }

  private static Tensor changed(Tensor tokens, int at, int vocabulary) {
    int[] other = tokens.toInts();
    other[at] = (other[at] + 1) % vocabulary;
    return Tensor.of(other, 1, other.length);
  }

  /// Asserts of scores (1, T, V) that they are the same up to a slot and differ in the next.
  private static void assertSeenOnlyAfter(int slot, Tensor before, Tensor after) {
    assertThat(after.slice(1, 0, slot + 1).toFloats())
        .as("slots up to %d", slot)
        .containsExactly(before.slice(1, 0, slot + 1).toFloats());
    if (slot + 1 < before.dim(1)) {
      assertThat(after.select(1, slot + 1).toFloats())
          .as("slot %d", slot + 1)
          .isNotEqualTo(before.select(1, slot + 1).toFloats());
    }
  }

  /// Acceptance test 9, caches: scores with a cache are those without; a caption that is read once
  /// for several candidates gives what reading it for each would.
  @Test
  void test09CachesAndSharedPrefixesChangeNothing() {
    SparseTransformer model = model();
    Tensor text = text(3, 1);
    int[][] images = {image(4).toInts(), image(5).toInts(), image(6).toInts()};
    SparseTransformer.Decoding shared = model.read(text).select(0, 0, 0);
    SparseTransformer.Decoding[] alone = {model.read(text), model.read(text), model.read(text)};
    int[] previous = new int[3];
    for (int slot = 0; slot < C.imageLength(); slot++) {
      Tensor three = shared.next(Tensor.of(previous, 3)); // (3, K)
      for (int i = 0; i < 3; i++) {
        Tensor image = Tensor.of(images[i], 1, images[i].length);
        float[] whole = scores(model, text, image).image().value().select(1, slot).toFloats();
        assertThat(alone[i].next(Tensor.of(new int[] {previous[i]}, 1)).toFloats())
            .as("cached, candidate %d, slot %d", i, slot)
            .containsExactly(whole, within(2e-5f));
        assertThat(three.select(0, i).toFloats())
            .as("shared, candidate %d, slot %d", i, slot)
            .containsExactly(whole, within(2e-5f));
        previous[i] = images[i][slot];
      }
    }
  }

  // ---- 10 ----

  /// Acceptance test 10: at no position, the two seams among them, can an id of the other kind come
  /// out: text slots score text ids only, image slots image ids only, and every sample is one.
  @Test
  void test10NoIdOfTheOtherKindAtAnyPosition() {
    SparseTransformer model = model();
    SparseTransformer.Logits scores = scores(model, text(1, 2, 3, 4), image(5));
    assertThat(scores.text().shape()).isEqualTo(Shape.of(1, C.textLength(), C.textClasses()));
    assertThat(scores.image().shape()).isEqualTo(Shape.of(1, C.imageLength(), C.imageVocabulary()));
    ImageSampler sampler = new ImageSampler(model, Sampling.paper());
    List<ImageSampler.Request> requests =
        IntStream.range(0, 64)
            .mapToObj(i -> ImageSampler.Request.of(new int[] {i % 7}, 3, i))
            .toList();
    int[] sampled = sampler.sample(requests, done -> {}).toInts();
    assertThat(sampled).hasSize(64 * C.imageLength());
    assertThat(Arrays.stream(sampled).boxed().collect(Collectors.toSet()))
        .as("every image id comes out, and nothing else")
        .containsExactlyInAnyOrder(0, 1, 2, 3, 4);
  }

  // ---- 11 ----

  /// Acceptance test 11: with the same cross-entropy on both kinds the loss is that cross-entropy.
  @Test
  void test11WeightsOfTheLossAddUpToOne() {
    TransformerConfig same =
        new TransformerConfig(4, 4, 3, 8, 16, 2, 2, TransformerConfig.Attention.SPARSE, 3, 0, 0);
    SparseTransformer fresh = new SparseTransformer(same, Random.of(1)); // all scores are zero
    Tensor text = Tensor.of(same.padded(new int[] {1}), 1, 4);
    SparseTransformer.Loss loss = fresh.loss(text, Tensor.of(new int[9], 1, 9), Pass.inference());
    assertThat(loss.text()).isEqualTo(loss.image()).isCloseTo(Math.log(8), within(1e-6));
    assertThat(loss.loss().item()).isCloseTo(loss.image(), within(1e-6));
    SparseTransformer.Loss other = model().loss(text(2), image(6), Pass.inference());
    assertThat(other.text()).isNotCloseTo(other.image(), within(1e-3));
    assertThat(other.loss().item())
        .isCloseTo(other.text() / 8 + 7 * other.image() / 8, within(1e-5));
  }

  // ---- 17, second half ----

  /// Acceptance test 17, second half: the size of a batch does not change a sample.
  @Test
  void test17ACandidateIsTheSameAloneAndInABatch() {
    ImageSampler sampler = new ImageSampler(model(), Sampling.paper());
    List<ImageSampler.Request> all =
        IntStream.range(0, 9)
            .mapToObj(i -> ImageSampler.Request.of(new int[] {2, 5}, 11, i))
            .toList();
    Tensor together = sampler.sample(all, done -> {});
    for (int i = 0; i < 9; i++) {
      assertThat(sampler.sample(List.of(all.get(i)), done -> {}).toInts())
          .as("candidate %d", i)
          .containsExactly(together.select(0, i).toInts());
    }
  }
}
