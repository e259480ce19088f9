package smalti.dalle.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

final class LogitLaplaceTest {
  private static final double NONE = Double.NEGATIVE_INFINITY;

  private static Variable nll(Variable maps, Tensor squeezed, double floor) {
    return LogitLaplace.negativeLogLikelihood(maps, squeezed, floor);
  }

  private static double logit(double x) {
    return Math.log(x / (1 - x));
  }

  private static double density(double x, double mu, double b) {
    double lnB = Math.log(b);
    Tensor maps = Tensor.of(new double[] {mu, mu, mu, lnB, lnB, lnB}, 1, 6, 1, 1);
    Tensor pixel = Tensor.full(Shape.of(1, 3, 1, 1), x, DType.F64);
    return Math.exp(-nll(Variable.of(maps), pixel, NONE).item());
  }

  /// Simpson's rule in `t = logit x`, where `dx = x(1 − x) dt`, on either side of the kink at `μ`.
  private static double integral(double from, double to, double mu, double b) {
    int n = 400;
    double h = (to - from) / n;
    double sum = 0;
    for (int i = 0; i <= n; i++) {
      double x = 1 / (1 + Math.exp(-(from + i * h)));
      int weight = i == 0 || i == n ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * density(x, mu, b) * x * (1 - x);
    }
    return sum * h / 3;
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1.5, 0.3", "-2, 0.1", "0.7, 0.02", "-4, 0.8"})
  void theDensityIntegratesToOne(double mu, double b) {
    double reach = 22 * b; // e⁻²² of the mass lies beyond
    double mass = integral(mu - reach, mu, mu, b) + integral(mu, mu + reach, mu, b);
    assertThat(mass).isCloseTo(1, within(1e-6));
  }

  @Test
  void theDensityIsTheOneOfTheAppendix() {
    for (double x : new double[] {0.1, 0.37, 0.9}) {
      double expected = Math.exp(-Math.abs(logit(x) - 0.4) / 0.25) / (2 * 0.25 * x * (1 - x));
      assertThat(density(x, 0.4, 0.25)).isCloseTo(expected, within(1e-9 * expected));
    }
  }

  @Test
  void gradientsAreThoseOfTheClosedForm() {
    Shape shape = Shape.of(2, 6, 3, 4);
    Variable maps = Variable.leaf(Random.of(1).normal(shape, DType.F64));
    Tensor x = LogitLaplace.squeeze(Random.of(2).uniform(Shape.of(2, 3, 3, 4), DType.F64));
    Tensor d = Autograd.backward(nll(maps, x, NONE)).of(maps);
    int n = x.elements();
    for (int i = 0; i < n; i++) {
      int[] at = {i / 36, i / 12 % 3, i / 4 % 3, i % 4};
      int[] scale = {at[0], at[1] + 3, at[2], at[3]};
      double b = Math.exp(maps.value().get(scale));
      double delta = (logit(x.get(at)) - maps.value().get(at)) / b;
      assertThat(d.get(at) * n).isCloseTo(-Math.signum(delta) / b, within(1e-9 / b));
      assertThat(d.get(scale) * n)
          .isCloseTo(1 - Math.abs(delta), within(1e-9 * (1 + Math.abs(delta))));
    }
  }

  @Test
  void aFloorHoldsTheScaleUpAndStopsItsGradient() {
    double[] numbers = {0.3, -0.2, 0.1, -4, -1, 0.5};
    double[] raised = {0.3, -0.2, 0.1, -2, -1, 0.5};
    Tensor x = Tensor.full(Shape.of(1, 3, 1, 1), 0.4, DType.F64);
    Variable maps = Variable.leaf(Tensor.of(numbers, 1, 6, 1, 1));
    Variable loss = nll(maps, x, -2);
    assertThat(loss.item())
        .isEqualTo(nll(Variable.of(Tensor.of(raised, 1, 6, 1, 1)), x, NONE).item());
    double[] gradient = Autograd.backward(loss).of(maps).toDoubles();
    assertThat(gradient[3]).isZero();
    assertThat(gradient[4]).isNotZero();
  }

  @Test
  void squeezingAndReadingOutAreInverseOnAllByteValues() {
    float[] bytes = new float[3 * 256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = i % 256 / 255f;
    }
    Tensor squeezed = LogitLaplace.squeeze(Tensor.of(bytes, 1, 3, 16, 16));
    assertThat(squeezed.get(0, 0, 0, 0)).isCloseTo(0.1, within(1e-7));
    assertThat(squeezed.get(0, 0, 15, 15)).isCloseTo(0.9, within(1e-7));
    Variable x = Variable.of(squeezed);
    Tensor mu = x.log().sub(x.neg().add(1).log()).value();
    Tensor maps = Tensor.cat(List.of(mu, mu.mul(0).add(7)), 1); // ln b is ignored
    float[] back = LogitLaplace.pixels(maps).toFloats();
    for (int i = 0; i < bytes.length; i++) {
      assertThat(back[i]).isCloseTo(bytes[i], within(1e-6f));
      assertThat(Math.round(back[i] * 255)).isEqualTo(i % 256);
    }
  }

  @Test
  void readingOutClampsToPixels() {
    Tensor maps = Tensor.of(new float[] {-50, 50, 0, 0, 0, 0}, 1, 6, 1, 1);
    assertThat(LogitLaplace.pixels(maps).toFloats()).containsExactly(0, 1, 0.5f);
  }
}
