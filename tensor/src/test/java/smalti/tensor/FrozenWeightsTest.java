package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.junit.jupiter.api.Test;

class FrozenWeightsTest {
  private static final Tensor ROWS = Random.of(1).normal(Shape.of(12, 40));
  private static final Tensor WEIGHT = Random.of(2).normal(Shape.of(30, 40));

  @Test
  void productsAreTheSameFrozenOrNot() {
    float[] expected = ROWS.matmul(WEIGHT.transpose(0, 1)).toFloats();
    assertThat(FrozenWeights.rowsTimes(ROWS, WEIGHT).toFloats()).containsExactly(expected);
    FrozenWeights frozen = new FrozenWeights(List.of(WEIGHT, Tensor.ones(3)));
    for (int i = 0; i < 2; i++) {
      assertThat(frozen.during(() -> FrozenWeights.rowsTimes(ROWS, WEIGHT)).toFloats())
          .containsExactly(expected);
    }
  }

  @Test
  void othersAreMultipliedAsTheyAre() {
    Tensor other = Tensor.zeros(30, 40);
    FrozenWeights frozen = new FrozenWeights(List.of(WEIGHT));
    frozen.during(() -> FrozenWeights.rowsTimes(ROWS, other));
    other.storage().set(0, 1);
    assertThat(frozen.during(() -> FrozenWeights.rowsTimes(ROWS, other)).toFloats()[0])
        .isEqualTo(ROWS.toFloats()[0]);
  }

  @Test
  void differingInnerSizesAreRefused() {
    FrozenWeights frozen = new FrozenWeights(List.of(WEIGHT));
    assertThatExceptionOfType(ShapeException.class)
        .isThrownBy(
            () -> frozen.during(() -> FrozenWeights.rowsTimes(ROWS.transpose(0, 1), WEIGHT)));
  }
}
