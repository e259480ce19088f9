package smalti.tensor.backend;

/// Computes scalar functions that `java.lang.Math` lacks, to double precision.
public final class Scalars {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private Scalars() {}

  /// Returns `1/(1 + e⁻ˣ)` without overflow.
  public static double sigmoid(double x) {
    if (x >= 0) {
      return 1 / (1 + Math.exp(-x));
    }
    double e = Math.exp(x);
    return e / (1 + e);
  }

  /// Returns the Gauss error function: its series of positive terms near 0 (Abramowitz and Stegun
  /// 7.1.6), the continued fraction of `erfc` (7.1.14) far from it; error below 1e-15.
  public static double erf(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    double a = Math.abs(x);
    if (a > 6) {
      return Math.signum(x);
    }
    if (a < 2.5) {
      double term = x; // 2ⁿ x²ⁿ⁺¹ / (1·3·5·…·(2n + 1))
      double sum = x;
      for (int n = 1; n < 100 && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
        term *= 2 * x * x / (2 * n + 1);
        sum += term;
      }
      return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
    double f = 0;
    for (int n = 60; n >= 1; n--) {
      f = n / 2.0 / (a + f);
    }
    double erfc = Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + f);
    return Math.copySign(1 - erfc, x);
  }

  static double geluTanh(double x) {
    return 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)));
  }

  static double geluTanhSlope(double x) {
    double t = Math.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x));
    double inner = SQRT_2_OVER_PI * (1 + 3 * 0.044715 * x * x);
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner;
  }
}
