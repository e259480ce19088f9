package smalti.tensor.backend;

/// Defines every elementwise function of one argument: value, derivative, and where it is smooth.
/// One row is one function; the reference backend interprets the rows.
public enum UnaryOp {
  /// `−x`.
  NEG(x -> -x, (x, y) -> -1, -3, 3),
  /// `|x|`; derivative 0 at 0.
  ABS(Math::abs, (x, y) -> Math.signum(x), -3, 3, 0),
  /// `1/x`.
  RECIPROCAL(x -> 1 / x, (x, y) -> -y * y, 0.3, 3),
  /// `x²`.
  SQUARE(x -> x * x, (x, y) -> 2 * x, -3, 3),
  /// `√x`.
  SQRT(Math::sqrt, (x, y) -> 0.5 / y, 0.1, 4),
  /// `1/√x`.
  RSQRT(x -> 1 / Math.sqrt(x), (x, y) -> -0.5 * y * y * y, 0.2, 4),
  /// `eˣ`.
  EXP(Math::exp, (x, y) -> y, -3, 3),
  /// `eˣ − 1`, accurate near 0.
  EXPM1(Math::expm1, (x, y) -> y + 1, -3, 3),
  /// `ln x`.
  LOG(Math::log, (x, y) -> 1 / x, 0.1, 4),
  /// `ln(1 + x)`, accurate near 0.
  LOG1P(Math::log1p, (x, y) -> 1 / (1 + x), -0.8, 4),
  /// `sin x`.
  SIN(Math::sin, (x, y) -> Math.cos(x), -4, 4),
  /// `cos x`.
  COS(Math::cos, (x, y) -> -Math.sin(x), -4, 4),
  /// Hyperbolic tangent.
  TANH(Math::tanh, (x, y) -> 1 - y * y, -3, 3),
  /// Logistic function `1/(1 + e⁻ˣ)`.
  SIGMOID(Scalars::sigmoid, (x, y) -> y * (1 - y), -5, 5),
  /// `ln(1 + eˣ)`.
  SOFTPLUS(
      x -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
      (x, y) -> Scalars.sigmoid(x),
      -5,
      5),
  /// Gauss error function.
  ERF(Scalars::erf, (x, y) -> 2 / Math.sqrt(Math.PI) * Math.exp(-x * x), -3, 3),
  /// `max(x, 0)`; derivative 0 at 0.
  RELU(x -> Double.isNaN(x) ? x : Math.max(x, 0), (x, y) -> x > 0 ? 1 : 0, -3, 3, 0),
  /// Gaussian error linear unit `x·Φ(x)` (Hendrycks and Gimpel 2016), exact form.
  GELU(
      x -> 0.5 * x * (1 + Scalars.erf(x * Math.sqrt(0.5))),
      (x, y) ->
          0.5 * (1 + Scalars.erf(x * Math.sqrt(0.5)))
              + x * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI),
      -4,
      4),
  /// GELU by its tanh approximation, as in GPT-2.
  GELU_TANH(Scalars::geluTanh, (x, y) -> Scalars.geluTanhSlope(x), -4, 4),
  /// GELU approximated as `x·σ(1.702x)`, as in Child et al. 2019 and CLIP.
  QUICK_GELU(
      x -> x * Scalars.sigmoid(1.702 * x),
      (x, y) -> {
        double s = Scalars.sigmoid(1.702 * x);
        return s + 1.702 * x * s * (1 - s);
      },
      -4,
      4),
  /// Sigmoid linear unit `x·σ(x)`.
  SILU(
      x -> x * Scalars.sigmoid(x),
      (x, y) -> {
        double s = Scalars.sigmoid(x);
        return s + x * s * (1 - s);
      },
      -4,
      4);

  /// Computes a value.
  @FunctionalInterface
  public interface Value {
    /// Returns `f(x)`.
    double of(double x);
  }

  /// Computes a derivative.
  @FunctionalInterface
  public interface Slope {
    /// Returns `f′(x)`, where `y` is `f(x)`.
    double of(double x, double y);
  }

  private final Value value;
  private final Slope slope;
  private final double low;
  private final double high;
  private final double[] kinks;

  UnaryOp(Value value, Slope slope, double low, double high, double... kinks) {
    this.value = value;
    this.slope = slope;
    this.low = low;
    this.high = high;
    this.kinks = kinks;
  }

  /// Returns `f(x)`.
  public double value(double x) {
    return value.of(x);
  }

  /// Returns `f′(x)`, where `y` is `f(x)`.
  public double slope(double x, double y) {
    return slope.of(x, y);
  }

  /// Returns whether [#slope] reads `x`. Where it does not, or where `y` says the same, kernels may
  /// be given `y` for both, so that `x` need not be kept.
  public boolean slopeNeedsX() {
    return switch (this) {
      case NEG, RECIPROCAL, SQRT, RSQRT, EXP, EXPM1, TANH, SIGMOID, RELU -> false;
      default -> true;
    };
  }

  /// Returns the lower end of the interval from which checks draw arguments.
  public double low() {
    return low;
  }

  /// Returns the upper end of the interval from which checks draw arguments.
  public double high() {
    return high;
  }

  /// Returns the arguments at which the function is not smooth; checks keep away from them.
  public double[] kinks() {
    return kinks.clone();
  }
}
