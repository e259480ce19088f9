package smalti.dalle.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import smalti.autograd.Variable;
import smalti.nn.Pass;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

final class DiscreteVaeTest {
  private static final VaeConfig TINY = config(8, 2, 1, 8, 3, 6, 10);

  private static VaeConfig config(int image, int groups, int blocks, int n, int k, int w, int v) {
    VaeConfig.Scales scales = VaeConfig.Scales.published(Math.max(1, groups * blocks), v);
    return new VaeConfig(image, groups, blocks, n, k, w, v, scales);
  }

  private static DiscreteVae vae() {
    return new DiscreteVae(TINY, Random.of(1));
  }

  private static Tensor pictures() {
    return Random.of(2).uniform(Shape.of(3, 3, 8, 8));
  }

  private static DiscreteVae.Loss loss(double tau, double beta, boolean straightThrough) {
    DiscreteVae.Annealing a =
        new DiscreteVae.Annealing(tau, beta, 0, Double.NEGATIVE_INFINITY, straightThrough);
    return vae().loss(pictures(), a, Pass.training(Random.of(3)));
  }

  @Test
  void picturesBecomeTokensAndBack() {
    DiscreteVae vae = vae();
    Tensor logits = vae.logits(pictures());
    assertThat(logits.shape()).isEqualTo(Shape.of(3, 16, 10));
    Tensor tokens = vae.encode(pictures());
    assertThat(tokens.toInts()).containsExactly(logits.argmax().toInts());
    assertThat(tokens.shape()).isEqualTo(Shape.of(3, 16));
    assertThat(vae.maps(tokens).shape()).isEqualTo(Shape.of(3, 6, 8, 8));
    Tensor back = vae.decode(tokens);
    assertThat(back.shape()).isEqualTo(Shape.of(3, 3, 8, 8));
    for (float x : back.toFloats()) {
      assertThat(x).isBetween(0f, 1f);
    }
  }

  /// A token stands for its own square: without the context of convolutions wider than a pixel,
  /// token (i, j) answers to pixels of rows `f·i …` and columns `f·j …`.
  @Test
  void tokensAreInRasterOrder() {
    VaeConfig c = config(32, 2, 1, 8, 1, 6, 10); // blocks see 3 pixels around at most
    DiscreteVae vae = new DiscreteVae(c, Random.of(1));
    Tensor flat = Tensor.full(Shape.of(1, 3, 32, 32), 0.5, DType.F32);
    Tensor dot = flat.copy();
    for (int channel = 0; channel < 3; channel++) {
      dot.storage().set(channel * 1024 + 24 * 32 + 6, 1); // row 24, column 6: token (12, 3)
    }
    Tensor difference = vae.logits(dot).sub(vae.logits(flat));
    double[] byToken = Variable.of(difference).abs().value().sum(-1).toDoubles(); // (1, 256)
    int most = 0;
    for (int i = 0; i < byToken.length; i++) {
      most = byToken[i] > byToken[most] ? i : most;
      boolean near = Math.abs(i / 16 - 12) <= 5 && Math.abs(i % 16 - 3) <= 5;
      assertThat(byToken[i] == 0 || near).as("token %d", i).isTrue();
    }
    assertThat(most).isEqualTo(12 * 16 + 3);
  }

  @Test
  void divergenceGoesFromZeroToTheLogarithmOfTheCodebook() {
    assertThat(DiscreteVae.divergence(Variable.of(Tensor.zeros(2, 3, 8192))).item())
        .isCloseTo(0, within(1e-5));
    Tensor certain = Tensor.zeros(4, 8192);
    for (int i = 0; i < 4; i++) {
      certain.storage().set(i * 8192 + 17 * i, 1000);
    }
    assertThat(DiscreteVae.divergence(Variable.of(certain)).item()).isCloseTo(9.0109, within(1e-4));
    Tensor half = Tensor.of(new double[] {0, 0, -1e3, -1e3}, 1, 4);
    assertThat(DiscreteVae.divergence(Variable.of(half)).item())
        .isCloseTo(Math.log(2), within(1e-12));
  }

  @Test
  void theLossIsTheBoundPerChannelValue() {
    DiscreteVae.Loss without = loss(1, 0, false);
    assertThat(without.loss().item()).isCloseTo(without.nll(), within(1e-6));
    DiscreteVae.Loss with = loss(1, 6.6, false);
    assertThat(with.nll()).isEqualTo(without.nll());
    assertThat(with.kl()).isBetween(0.0, Math.log(10));
    assertThat(with.loss().item())
        .isCloseTo(with.nll() + 6.6 / (3 * 2 * 2) * with.kl(), within(1e-6));
  }

  /// The mean divergence of all tokens is that of their mean distribution plus the information that
  /// a token carries about its place, which is none where all are alike.
  @Test
  void balanceIsTheDivergenceOfTheMeanDistribution() {
    Variable alike = Variable.of(Tensor.of(new double[] {1, 2, 0, 1, 2, 0}, 1, 2, 3));
    assertThat(DiscreteVae.balance(alike).item())
        .isCloseTo(DiscreteVae.divergence(alike).item(), within(1e-9));
    Variable turn = Variable.of(Tensor.of(new double[] {99, 0, 0, 0, 99, 0, 0, 0, 99}, 1, 3, 3));
    assertThat(DiscreteVae.balance(turn).item()).isCloseTo(0, within(1e-9));
    DiscreteVae.Annealing a = new DiscreteVae.Annealing(1, 0.5, 2, -9, false);
    DiscreteVae.Loss loss = vae().loss(pictures(), a, Pass.training(Random.of(3)));
    assertThat(loss.balance()).isBetween(0.0, loss.kl());
    assertThat(loss.loss().item())
        .isCloseTo(loss.nll() + 0.5 / 12 * loss.kl() + 2.0 / 12 * loss.balance(), within(1e-6));
  }

  @Test
  void scalesCentreTheInputAndMultiplyTheLogits() {
    Tensor grey = Tensor.full(Shape.of(1, 3, 8, 8), 0.5, DType.F32);
    VaeConfig.Scales scales = new VaeConfig.Scales(true, 3, 0.25, 0.25, 1);
    DiscreteVae centred = new DiscreteVae(scaled(scales), Random.of(1));
    assertThat(centred.logits(grey).toFloats())
        .as("a centred encoder without biases sees nothing in mid-grey")
        .containsExactly(new float[10 * 16], within(1e-5f));
    DiscreteVae gained =
        new DiscreteVae(scaled(new VaeConfig.Scales(false, 3, 0.25, 0.25, 1)), Random.of(1));
    DiscreteVae plain =
        new DiscreteVae(scaled(new VaeConfig.Scales(false, 1, 0.25, 0.25, 1)), Random.of(1));
    assertThat(gained.logits(grey).toFloats())
        .containsExactly(plain.logits(grey).mul(3).toFloats(), within(1e-6f));
  }

  private static VaeConfig scaled(VaeConfig.Scales scales) {
    return new VaeConfig(8, 2, 1, 8, 3, 6, 10, scales);
  }

  @Test
  void theRelaxedLossTendsToTheHardOneAsTheTemperatureFalls() {
    double before = Double.POSITIVE_INFINITY;
    for (double tau : new double[] {4, 0.5, 1.0 / 16, 1e-4}) {
      double gap = Math.abs(loss(tau, 0, false).nll() - loss(tau, 0, true).nll());
      assertThat(gap).as("tau %s", tau).isLessThan(before);
      before = gap;
    }
    assertThat(before).isLessThan(1e-5);
  }

  @Test
  void thePassDecidesTheNoise() {
    Pass other = Pass.training(Random.of(4));
    DiscreteVae.Annealing a = new DiscreteVae.Annealing(1, 1, 0, -9, false);
    assertThat(loss(1, 1, false).nll()).isEqualTo(loss(1, 1, false).nll());
    assertThat(vae().loss(pictures(), a, other).nll()).isNotEqualTo(loss(1, 1, false).nll());
  }

  @Test
  void configsThatDoNotFitAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config(30, 3, 1, 8, 3, 6, 10))
        .withMessage("VaeConfig: imageSize must be a multiple of 4, the side of a token; got 30");
    assertThatIllegalArgumentException().isThrownBy(() -> config(8, 0, 1, 8, 3, 6, 10));
    assertThatIllegalArgumentException().isThrownBy(() -> config(8, 2, 0, 8, 3, 6, 10));
    assertThatIllegalArgumentException().isThrownBy(() -> config(8, 2, 1, 6, 3, 6, 10));
    assertThatIllegalArgumentException().isThrownBy(() -> config(8, 2, 1, 8, 2, 6, 10));
    assertThatIllegalArgumentException().isThrownBy(() -> config(8, 2, 1, 8, 3, 0, 10));
    assertThatIllegalArgumentException().isThrownBy(() -> config(8, 2, 1, 8, 3, 6, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> config(0, 2, 1, 8, 3, 6, 10));
  }
}
