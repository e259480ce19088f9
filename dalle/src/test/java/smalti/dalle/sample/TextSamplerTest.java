package smalti.dalle.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.dalle.family.CausalModel;
import smalti.nn.optim.AdamW;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

final class TextSamplerTest {
  private static CausalModel model(boolean image) {
    CausalModel model =
        new CausalModel(new CausalModel.Config(8, 12, 16, 2, 2, image), Random.of(1));
    model
        .namedParameters()
        .forEach((name, p) -> p.assign(Random.of(2).split(name).normal(p.shape()).mul(0.5)));
    return model;
  }

  @Test
  void greedyTakesTheLikeliestTokenOfTheWholeSequencesScores() {
    CausalModel model = model(false);
    int[] all = new TextSampler(model, Sampling.greedy()).sample(new int[] {3, 1}, 8, Random.of(1));
    assertThat(all).hasSize(10).startsWith(3, 1);
    int[] best =
        Autograd.noGrad(() -> model.forward(Tensor.of(all, 1, 10)).value().argmax()).toInts();
    for (int i = 2; i < 10; i++) {
      assertThat(all[i]).as("token %d", i).isEqualTo(best[i - 1]);
    }
    int[] top1 =
        new TextSampler(model, new Sampling(1, 1, 1)).sample(new int[] {3, 1}, 8, Random.of(5));
    assertThat(top1).as("top-1 is greedy").isEqualTo(all);
  }

  @Test
  void topKKeepsToTheKLikeliest() {
    CausalModel model = model(true);
    TextSampler sampler = new TextSampler(model, new Sampling(1, 3, 1));
    boolean[] seen = new boolean[2];
    for (int seed = 0; seed < 20; seed++) {
      int[] all = sampler.sample(new int[0], 12, Random.of(seed));
      Tensor ids = Tensor.of(all, 1, 12);
      Tensor scores = Autograd.noGrad(() -> model.forward(ids)).value();
      for (int i = 0; i < 12; i++) {
        float[] row = scores.select(1, i).toFloats();
        float own = row[all[i]];
        long better = Arrays.stream(toDoubles(row)).filter(x -> x > own + 1e-4).count();
        assertThat(better).isLessThan(3);
        seen[better == 0 ? 0 : 1] = true;
      }
    }
    assertThat(seen).as("the likeliest and others").containsExactly(true, true);
    assertThat(sampler.sample(new int[0], 12, Random.of(7)))
        .isEqualTo(sampler.sample(new int[0], 12, Random.of(7)));
  }

  private static double[] toDoubles(float[] x) {
    double[] out = new double[x.length];
    Arrays.setAll(out, i -> x[i]);
    return out;
  }

  @Test
  void aModelThatLearntASequenceContinuesIt() {
    CausalModel model =
        new CausalModel(new CausalModel.Config(8, 12, 32, 2, 2, false), Random.of(3));
    int[] song = {1, 4, 2, 7, 5, 3, 1, 6, 2, 0, 5, 7};
    AdamW adam = AdamW.adam(model.namedParameters());
    for (int step = 0; step < 120; step++) {
      adam.step(Autograd.backward(model.loss(Tensor.of(song, 1, 12))), 3e-3, 1);
    }
    assertThat(model.loss(Tensor.of(song, 1, 12)).item()).isLessThan(0.1);
    assertThat(new TextSampler(model, Sampling.greedy()).sample(new int[] {1, 4}, 10, Random.of(1)))
        .containsExactly(song);
  }

  @Test
  void whatCannotBeContinuedIsRefused() {
    TextSampler sampler = new TextSampler(model(false), Sampling.greedy());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sampler.sample(new int[0], 3, Random.of(1)))
        .withMessageContaining("needs a prompt");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sampler.sample(new int[] {1}, 12, Random.of(1)))
        .withMessageContaining("12");
  }
}
