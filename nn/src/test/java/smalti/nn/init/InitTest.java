package smalti.nn.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

final class InitTest {
  private static final Shape CONV = Shape.of(40, 10, 5, 5);

  @Test
  void fansCountTheKernel() {
    assertThat(Init.fanIn(CONV)).isEqualTo(250);
    assertThat(Init.fanOut(CONV)).isEqualTo(1000);
    assertThat(Init.fanIn(Shape.of(7, 3))).isEqualTo(3);
    assertThat(Init.fanOut(Shape.of(7, 3))).isEqualTo(7);
  }

  @Test
  void constantsAreConstant() {
    assertThat(Init.zeros().draw(Shape.of(2), Random.of(0)).toFloats()).containsExactly(0, 0);
    assertThat(Init.ones().draw(Shape.of(2), Random.of(0)).toFloats()).containsExactly(1, 1);
    assertThat(Init.constant(-3).draw(Shape.of(1), Random.of(0)).toFloats()).containsExactly(-3);
  }

  @Test
  void uniformsFillTheirInterval() {
    assertUniform(Init.uniform(0.3), 0.3);
    assertUniform(Init.kaimingUniform(), 1 / Math.sqrt(250));
    assertUniform(Init.xavierUniform(), Math.sqrt(6.0 / 1250));
  }

  private static void assertUniform(Init init, double bound) {
    double[] x = init.draw(CONV, Random.of(2)).toDoubles();
    assertThat(Arrays.stream(x).max().orElseThrow()).isBetween(0.99 * bound, bound);
    assertThat(Arrays.stream(x).min().orElseThrow()).isBetween(-bound, -0.99 * bound);
    assertThat(deviation(x)).isCloseTo(bound / Math.sqrt(3), within(0.02 * bound));
  }

  @Test
  void normalHasItsDeviation() {
    Tensor x = Init.normal(0.02).draw(CONV, Random.of(2));
    assertThat(x.mean().item()).isCloseTo(0, within(0.001));
    assertThat(deviation(x.toDoubles())).isCloseTo(0.02, within(0.001));
  }

  private static double deviation(double[] x) {
    double mean = Arrays.stream(x).average().orElseThrow();
    return Math.sqrt(Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
  }
}
