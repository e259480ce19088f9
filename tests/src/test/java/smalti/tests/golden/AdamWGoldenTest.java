package smalti.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.dalle.transformer.SparseTransformer;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.GradientClip;
import smalti.nn.optim.Schedule;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Replays ten steps of AdamW on the transformer of [TransformerGoldenTest], loss by loss: decay of
/// some parameters, a cosine schedule, clipping.
final class AdamWGoldenTest {
  private static final Golden GOLDEN = Golden.read("adamw");
  private static final int STEPS = 10;
  private static final double CLIP = 0.45;

  /// Returns what the training of DALL·E decays: matrices of blocks.
  private static boolean decays(String name) {
    return name.startsWith("resblocks.") && name.endsWith("weight") && !name.contains(".ln_");
  }

  @Test
  void tenStepsGiveTheSameLossesAndTheSameParameters() {
    SparseTransformer model = new SparseTransformer(TransformerGoldenTest.CONFIG, Random.of(0));
    model.load(Golden.read("transformer").under("param/").tensors());
    AdamW.Config config = new AdamW.Config(0.9, 0.96, 1e-8, 4.5e-2);
    AdamW adam = new AdamW(model.namedParameters(), config, AdamWGoldenTest::decays);
    Schedule rate = Schedule.cosine(1e-2, 1e-3, STEPS);
    for (int t = 0; t < STEPS; t++) {
      SparseTransformer.Loss loss =
          model.loss(
              GOLDEN.get("in/text").select(0, t).contiguous(),
              GOLDEN.get("in/image").select(0, t).contiguous(),
              Pass.training(Random.of(0)));
      double expected = GOLDEN.get("out/losses").get(t);
      assertThat(loss.loss().item())
          .as("loss of step %d", t)
          .isCloseTo(expected, within(1e-5 * expected));
      assertThat(rate.at(t)).isCloseTo(GOLDEN.get("out/rates").get(t), within(1e-15));
      Gradients gradients = Autograd.backward(loss.loss());
      double norm = GradientClip.norm(gradients, model.parameters());
      double expectedNorm = GOLDEN.get("out/norms").get(t);
      assertThat(norm)
          .as("norm of step %d", t)
          .isCloseTo(expectedNorm, within(1e-5 * expectedNorm));
      adam.step(gradients, rate.at(t), GradientClip.factor(norm, CLIP));
    }
    Golden end = GOLDEN.under("out/");
    model
        .namedParameters()
        .forEach((name, p) -> end.assertClose(name, comparable(name, p.value(), end), 1e-5));
  }

  /// Returns a parameter without what is decided by rounding: the bias of attention keys shifts all
  /// scores of a query alike, so that its gradient is 0 in exact numbers, and Adam divides the
  /// rounding error that it is in others by its own size.
  private static Tensor comparable(String name, Tensor value, Golden end) {
    if (!name.endsWith("in_proj_bias")) {
      return value;
    }
    int width = value.dim(0) / 3;
    return Tensor.cat(
        List.of(
            value.slice(0, 0, width),
            end.get(name).slice(0, width, 2 * width),
            value.slice(0, 2 * width, 3 * width)),
        0);
  }
}
