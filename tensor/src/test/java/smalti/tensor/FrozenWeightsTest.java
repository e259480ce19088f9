package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class FrozenWeightsTest {
  private static final Tensor ROWS = Random.of(1).normal(Shape.of(12, 40));
  private static final Tensor WEIGHT = Random.of(2).normal(Shape.of(30, 40));

  @Test
  void productsAreTheSameFrozenOrNot() {
    float[] expected = ROWS.matmul(WEIGHT.transpose(0, 1)).toFloats();
    assertThat(FrozenWeights.rowsTimes(ROWS, WEIGHT, null).toFloats()).containsExactly(expected);
    FrozenWeights frozen = new FrozenWeights(List.of(WEIGHT, Tensor.ones(3)));
    for (int i = 0; i < 2; i++) {
      assertThat(frozen.during(() -> FrozenWeights.rowsTimes(ROWS, WEIGHT, null)).toFloats())
          .containsExactly(expected);
    }
  }

  @Test
  void othersAreMultipliedAsTheyAre() {
    Tensor other = Tensor.zeros(30, 40);
    FrozenWeights frozen = new FrozenWeights(List.of(WEIGHT));
    frozen.during(() -> FrozenWeights.rowsTimes(ROWS, other, null));
    other.storage().set(0, 1);
    assertThat(frozen.during(() -> FrozenWeights.rowsTimes(ROWS, other, null)).toFloats()[0])
        .isEqualTo(ROWS.toFloats()[0]);
  }

  @Test
  void differingInnerSizesAreRefused() {
    FrozenWeights frozen = new FrozenWeights(List.of(WEIGHT));
    assertThatExceptionOfType(ShapeException.class)
        .isThrownBy(
            () -> frozen.during(() -> FrozenWeights.rowsTimes(ROWS.transpose(0, 1), WEIGHT, null)))
        .withMessageContaining("[40, 12]");
    assertThatExceptionOfType(ShapeException.class)
        .isThrownBy(() -> FrozenWeights.rowsTimes(ROWS, WEIGHT, Tensor.zeros(40)))
        .withMessageContaining("bias [40]");
  }

  @Test
  void aBiasIsAddedToEachRowFrozenOrNot() {
    Tensor bias = Random.of(3).normal(Shape.of(30));
    Tensor expected = ROWS.matmul(WEIGHT.transpose(0, 1)).add(bias);
    FrozenWeights frozen = new FrozenWeights(List.of(WEIGHT));
    for (Tensor actual :
        List.of(
            FrozenWeights.rowsTimes(ROWS, WEIGHT, bias),
            frozen.during(() -> FrozenWeights.rowsTimes(ROWS, WEIGHT, bias)))) {
      assertThat(actual.toFloats()).containsExactly(expected.toFloats(), within(1e-5f));
    }
  }
}
