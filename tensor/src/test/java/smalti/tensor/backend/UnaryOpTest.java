package smalti.tensor.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnaryOpTest {
  private static final int STEPS = 64;

  /// Where the argument is said not to be needed, the result in its place gives the same slope;
  /// where it is said to be needed, it does not.
  @ParameterizedTest
  @EnumSource(UnaryOp.class)
  void theResultStandsForTheArgumentWhereItIsSaidTo(UnaryOp op) {
    boolean same = true;
    for (int i = 0; i <= STEPS; i++) {
      double x = op.low() + (op.high() - op.low()) * i / STEPS;
      double y = op.value(x);
      same &= Double.compare(op.slope(y, y), op.slope(x, y)) == 0;
    }
    assertThat(same).isEqualTo(!op.slopeNeedsX());
  }
}
