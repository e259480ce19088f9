package smalti.tensor.backend;

/// Defines every elementwise function of two arguments with both partial derivatives, one a row.
/// Comparisons yield 1 for true and 0 for false and have derivative 0.
public enum BinaryOp {
  /// `a + b`.
  ADD((a, b) -> a + b, (a, b, y) -> 1, (a, b, y) -> 1),
  /// `a − b`.
  SUB((a, b) -> a - b, (a, b, y) -> 1, (a, b, y) -> -1),
  /// `a · b`.
  MUL((a, b) -> a * b, (a, b, y) -> b, (a, b, y) -> a),
  /// `a / b`.
  DIV((a, b) -> a / b, (a, b, y) -> 1 / b, (a, b, y) -> -y / b),
  /// `aᵇ`.
  POW(
      Math::pow,
      (a, b, y) -> b == 0 ? 0 : b * Math.pow(a, b - 1),
      (a, b, y) -> a == 0 ? 0 : y * Math.log(a)),
  /// The larger; NaN if either is NaN. At a tie each argument gets half of the gradient.
  MAXIMUM(
      Math::max,
      (a, b, y) -> a > b ? 1 : a == b ? 0.5 : 0,
      (a, b, y) -> b > a ? 1 : a == b ? 0.5 : 0),
  /// The smaller; NaN if either is NaN. At a tie each argument gets half of the gradient.
  MINIMUM(
      Math::min,
      (a, b, y) -> a < b ? 1 : a == b ? 0.5 : 0,
      (a, b, y) -> b < a ? 1 : a == b ? 0.5 : 0),
  /// 1 where `a = b`.
  EQ((a, b) -> a == b ? 1 : 0),
  /// 1 where `a ≠ b`.
  NE((a, b) -> a != b ? 1 : 0),
  /// 1 where `a < b`.
  LT((a, b) -> a < b ? 1 : 0),
  /// 1 where `a ≤ b`.
  LE((a, b) -> a <= b ? 1 : 0),
  /// 1 where `a > b`.
  GT((a, b) -> a > b ? 1 : 0),
  /// 1 where `a ≥ b`.
  GE((a, b) -> a >= b ? 1 : 0);

  /// Computes a value.
  @FunctionalInterface
  public interface Value {
    /// Returns `f(a, b)`.
    double of(double a, double b);
  }

  /// Computes a partial derivative.
  @FunctionalInterface
  public interface Slope {
    /// Returns the derivative at `(a, b)`, where `y` is `f(a, b)`.
    double of(double a, double b, double y);
  }

  private final Value value;
  private final Slope slopeA;
  private final Slope slopeB;
  private final boolean comparison;

  BinaryOp(Value value, Slope slopeA, Slope slopeB) {
    this.value = value;
    this.slopeA = slopeA;
    this.slopeB = slopeB;
    this.comparison = false;
  }

  BinaryOp(Value value) {
    this.value = value;
    this.slopeA = (a, b, y) -> 0;
    this.slopeB = (a, b, y) -> 0;
    this.comparison = true;
  }

  /// Returns `f(a, b)`.
  public double value(double a, double b) {
    return value.of(a, b);
  }

  /// Returns `∂f/∂a` at `(a, b)`, where `y` is `f(a, b)`.
  public double slopeA(double a, double b, double y) {
    return slopeA.of(a, b, y);
  }

  /// Returns `∂f/∂b` at `(a, b)`, where `y` is `f(a, b)`.
  public double slopeB(double a, double b, double y) {
    return slopeB.of(a, b, y);
  }

  /// Returns whether the function is a comparison, which has no gradient.
  public boolean isComparison() {
    return comparison;
  }
}
