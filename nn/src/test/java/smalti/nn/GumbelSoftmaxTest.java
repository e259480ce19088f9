package smalti.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

final class GumbelSoftmaxTest {
  private static final float[] LOGITS = {0.5f, -1, 2, 0, -0.3f};
  private static final int ROWS = 20_000;

  private static Variable rows(int n) {
    return Variable.leaf(Tensor.of(LOGITS.clone(), 1, 5).expand(Shape.of(n, 5)).copy());
  }

  @ParameterizedTest
  @ValueSource(doubles = {4, 1, 0.25, 1.0 / 16})
  void samplesAreDistributions(double tau) {
    Tensor y = GumbelSoftmax.soft(rows(200), tau, Random.of(3)).value();
    assertThat(y.shape()).isEqualTo(Shape.of(200, 5));
    for (float sum : y.sum(-1).toFloats()) {
      assertThat(sum).isCloseTo(1, within(1e-5f));
    }
    for (float p : y.toFloats()) {
      assertThat(p).isBetween(0f, 1f);
    }
  }

  /// The Gumbel-max property: the largest coordinate is distributed as softmax(logits), whatever
  /// the temperature.
  @ParameterizedTest
  @ValueSource(doubles = {1, 0.1})
  void theLargestCoordinateFollowsTheSoftmaxOfTheLogits(double tau) {
    int[] winners =
        Autograd.noGrad(() -> GumbelSoftmax.soft(rows(ROWS), tau, Random.of(4)).value())
            .argmax()
            .toInts();
    int[] count = new int[5];
    for (int w : winners) {
      count[w]++;
    }
    double total = 0;
    for (float logit : LOGITS) {
      total += Math.exp(logit);
    }
    double chiSquare = 0;
    for (int i = 0; i < 5; i++) {
      double expected = ROWS * Math.exp(LOGITS[i]) / total;
      chiSquare += (count[i] - expected) * (count[i] - expected) / expected;
    }
    assertThat(chiSquare).as("4 degrees of freedom, p = 1e-4").isLessThan(23.5);
  }

  @Test
  void noiseIsOfTheStandardGumbelDistribution() {
    Tensor g = GumbelSoftmax.noise(Tensor.zeros(ROWS), Random.of(5));
    double[] x = g.toDoubles();
    double mean = 0;
    for (double v : x) {
      assertThat(v).isFinite();
      mean += v / x.length;
    }
    double variance = 0;
    for (double v : x) {
      variance += (v - mean) * (v - mean) / x.length;
    }
    assertThat(mean).as("Euler's constant").isCloseTo(0.5772, within(0.04));
    assertThat(variance).as("π²/6").isCloseTo(Math.PI * Math.PI / 6, within(0.08));
  }

  @Test
  void straightThroughIsOneHotForwardAndSoftBackward() {
    Tensor weights = Random.of(9).normal(Shape.of(50, 5));
    Variable a = rows(50);
    Variable b = rows(50);
    Variable soft = GumbelSoftmax.soft(a, 0.7, Random.of(6));
    Variable hard = GumbelSoftmax.straightThrough(b, 0.7, Random.of(6));
    Tensor expected = GumbelSoftmax.oneHot(soft.value().argmax(), 5, DType.F32);
    assertThat(hard.value().toFloats()).containsExactly(expected.toFloats());
    Tensor da = Autograd.backward(soft.mul(Variable.of(weights)).sum()).of(a);
    Tensor db = Autograd.backward(hard.mul(Variable.of(weights)).sum()).of(b);
    assertThat(db.toFloats()).containsExactly(da.toFloats());
    assertThat(da.max().item()).isPositive();
  }

  @Test
  void samplesTendToOneHotAsTheTemperatureFalls() {
    double before = 0;
    for (double tau : new double[] {8, 1, 1.0 / 16, 1e-3}) {
      double largest =
          GumbelSoftmax.soft(rows(500), tau, Random.of(7)).value().max(-1).mean().item();
      assertThat(largest).isGreaterThan(before);
      before = largest;
    }
    assertThat(before).isGreaterThan(0.999);
  }

  @Test
  void theGeneratorDecidesTheSample() {
    float[] a = GumbelSoftmax.soft(rows(3), 1, Random.of(1)).value().toFloats();
    assertThat(GumbelSoftmax.soft(rows(3), 1, Random.of(1)).value().toFloats()).isEqualTo(a);
    assertThat(GumbelSoftmax.soft(rows(3), 1, Random.of(2)).value().toFloats()).isNotEqualTo(a);
  }

  @Test
  void oneHotRowsHaveTheirOneAtTheId() {
    Tensor y = GumbelSoftmax.oneHot(Tensor.of(new int[] {2, 0}, 1, 2), 3, DType.F64);
    assertThat(y.shape()).isEqualTo(Shape.of(1, 2, 3));
    assertThat(y.toDoubles()).containsExactly(0, 0, 1, 1, 0, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GumbelSoftmax.oneHot(Tensor.of(new int[] {3, 0}, 2), 3, DType.F32))
        .withMessageContaining("3 is not a class");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN})
  void temperaturesArePositive(double tau) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GumbelSoftmax.soft(rows(1), tau, Random.of(0)))
        .withMessageContaining("tau must be positive");
  }
}
