package smalti.dalle.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

final class SquaredErrorTest {
  private static final Shape MAPS = Shape.of(2, 6, 3, 3);
  private static final Shape PIXELS = Shape.of(2, 3, 3, 3);

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /// The mean over all channel values of `−ln N(x; σ(μ), s²)`, and its gradient `(σ − x)·σ(1 −
  /// σ)/s²`.
  @Test
  void isTheDensityOfANormalDistributionAroundTheReconstruction() {
    double s = 0.07;
    Tensor maps = Random.of(1).normal(MAPS).to(DType.F64);
    Tensor pixels = LogitLaplace.squeeze(Random.of(2).uniform(PIXELS).to(DType.F64));
    Variable leaf = Variable.leaf(maps);
    Variable nll = new Likelihood(-1, s).negativeLog(leaf, pixels);
    Tensor gradient = Autograd.backward(nll).of(leaf);
    double expected = 0;
    int n = PIXELS.elements();
    for (int b = 0; b < 2; b++) {
      for (int c = 0; c < 6; c++) {
        for (int p = 0; p < 9; p++) {
          double slope = gradient.get(b, c, p / 3, p % 3);
          if (c >= 3) {
            assertThat(slope).isZero(); // ln b has no part in it
            continue;
          }
          double mean = sigmoid(maps.get(b, c, p / 3, p % 3));
          double off = (mean - pixels.get(b, c, p / 3, p % 3)) / s;
          expected += (off * off / 2 + Math.log(s * Math.sqrt(2 * Math.PI))) / n;
          assertThat(slope).isCloseTo(off / s * mean * (1 - mean) / n, within(1e-12));
        }
      }
    }
    assertThat(nll.item()).isCloseTo(expected, within(1e-12));
  }

  @Test
  void aDeviationOfZeroIsThePapersLikelihood() {
    Variable maps = Variable.of(Random.of(3).normal(MAPS));
    Tensor pixels = LogitLaplace.squeeze(Random.of(4).uniform(PIXELS));
    assertThat(new Likelihood(-2, 0).negativeLog(maps, pixels).item())
        .isEqualTo(LogitLaplace.negativeLogLikelihood(maps, pixels, -2).item());
    assertThat(Likelihood.logitLaplace(-2)).isEqualTo(new Likelihood(-2, 0));
  }

  /// At `ln b = 0` a logit-Laplace is wide; a narrow normal one says more of a pixel that is right,
  /// and less of one that is wrong.
  @Test
  void bothLikelihoodsAreOfTheSamePixels() {
    Tensor pixel = Tensor.full(Shape.of(1, 3, 1, 1), 0.5, DType.F64);
    for (double mu : List.of(0.0, 3.0)) {
      Variable maps = Variable.of(Tensor.of(new double[] {mu, mu, mu, 0, 0, 0}, 1, 6, 1, 1));
      double wide = new Likelihood(-9, 0).negativeLog(maps, pixel).item();
      double narrow = new Likelihood(-9, 0.1).negativeLog(maps, pixel).item();
      assertThat(narrow < wide).isEqualTo(mu == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesADeviationThatIsNone(double deviation) {
    assertThatThrownBy(() -> new Likelihood(-1, deviation)).hasMessageContaining("deviation");
  }
}
