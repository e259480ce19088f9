package smalti.tensor.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.tensor.backend.Scalars;

/// Compares each function with its definition in double, over all floats at a stride.
class SimdMathTest {
  private static final int STRIDE = 40_009; // a prime: some 100,000 floats of every magnitude

  record Function(
      String name, UnaryOperator<FloatVector> fast, DoubleUnaryOperator exact, double ulps) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Function> functions() {
    return Stream.of(
        new Function("exp", SimdMath::exp, Math::exp, 2),
        new Function(
            "exp2",
            x -> SimdMath.exp2(x.min(127f)),
            x -> x < -126 ? 0 : Math.pow(2, Math.min(x, 127)),
            3),
        new Function("expm1", SimdMath::expm1, Math::expm1, 4),
        new Function("log", SimdMath::log, Math::log, 2),
        new Function("log1p", SimdMath::log1p, Math::log1p, 4),
        new Function("tanh", SimdMath::tanh, Math::tanh, 3),
        new Function("sigmoid", SimdMath::sigmoid, Scalars::sigmoid, 4),
        new Function("erf", SimdMath::erf, Scalars::erf, 3),
        new Function(
            "softplus",
            SimdMath::softplus,
            x -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
            4));
  }

  @ParameterizedTest
  @MethodSource("functions")
  void isWithinAFewUnitsInTheLastPlace(Function f) {
    double worst = 0;
    float at = 0;
    for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += STRIDE) {
      float x = Float.intBitsToFloat((int) bits);
      double error = error(f, x);
      if (!(error <= worst)) {
        worst = error;
        at = x;
      }
    }
    for (float x = -105; x < 95; x += 0.00937f) {
      double error = error(f, x);
      if (!(error <= worst)) {
        worst = error;
        at = x;
      }
    }
    System.out.printf("%-9s %.2f ulp at %s%n", f.name, worst, at);
    assertThat(worst).as("at %s", at).isLessThanOrEqualTo(f.ulps);
  }

  @ParameterizedTest
  @MethodSource("functions")
  void isRightAtCorners(Function f) {
    float[] corners = {
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      0f,
      -0f,
      Float.MIN_VALUE,
      -Float.MIN_VALUE,
      Float.MIN_NORMAL,
      Float.MAX_VALUE,
      -Float.MAX_VALUE,
      88.72283f,
      88.72284f,
      -87.33655f,
      -103.97208f,
      -103.98f,
      1f,
      -1f,
      Math.nextDown(1f),
      Math.nextUp(-1f)
    };
    for (float x : corners) {
      assertThat(error(f, x)).as("%s(%s)", f.name, x).isLessThanOrEqualTo(f.ulps);
    }
  }

  /// Returns the error in units in the last place of the true value.
  private static double error(Function f, float x) {
    float actual = f.fast.apply(Lanes.all(x)).lane(0);
    double exact = f.exact.applyAsDouble(x);
    float expected = (float) exact;
    if (Float.compare(actual, expected) == 0 || actual == expected) {
      return 0;
    }
    if (!Float.isFinite(actual) || !Float.isFinite(expected)) {
      boolean edge = Math.abs(exact) > 0.999999 * Float.MAX_VALUE;
      return edge && (actual == Float.MAX_VALUE || expected == Float.MAX_VALUE)
          ? 1
          : Double.POSITIVE_INFINITY;
    }
    double unit = Math.max(Math.ulp(expected), Float.MIN_NORMAL * 0x1p-23);
    return Math.abs(actual - exact) / unit;
  }
}
