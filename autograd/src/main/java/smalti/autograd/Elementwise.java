package smalti.autograd;

import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Names the elementwise functions of a [Variable], one line each. What a function and its
/// derivative are is written in its row of [UnaryOp] or [BinaryOp]. Two arguments broadcast as
/// NumPy's do.
public sealed interface Elementwise permits Variable {

  /// Returns the numbers.
  Tensor value();

  /// Returns a function of each element.
  Variable unary(UnaryOp function);

  /// Returns a function of each pair of elements.
  ///
  /// @throws smalti.tensor.ShapeException if the shapes cannot be broadcast
  Variable binary(BinaryOp function, Variable b);

  private Variable constant(double value) {
    return Variable.of(Tensor.full(Shape.SCALAR, value, value().dtype()));
  }

  /// Returns `this + b`.
  default Variable add(Variable b) {
    return binary(BinaryOp.ADD, b);
  }

  /// Returns `this + b`.
  default Variable add(double b) {
    return add(constant(b));
  }

  /// Returns `this − b`.
  default Variable sub(Variable b) {
    return binary(BinaryOp.SUB, b);
  }

  /// Returns `this − b`.
  default Variable sub(double b) {
    return add(-b);
  }

  /// Returns `this · b`, elementwise.
  default Variable mul(Variable b) {
    return binary(BinaryOp.MUL, b);
  }

  /// Returns `this · b`.
  default Variable mul(double b) {
    return mul(constant(b));
  }

  /// Returns `this / b`, elementwise.
  default Variable div(Variable b) {
    return binary(BinaryOp.DIV, b);
  }

  /// Returns `this / b`.
  default Variable div(double b) {
    return div(constant(b));
  }

  /// Returns `thisᵇ`, for positive elements.
  default Variable pow(Variable b) {
    return binary(BinaryOp.POW, b);
  }

  /// Returns the larger of each pair.
  default Variable maximum(Variable b) {
    return binary(BinaryOp.MAXIMUM, b);
  }

  /// Returns the smaller of each pair.
  default Variable minimum(Variable b) {
    return binary(BinaryOp.MINIMUM, b);
  }

  /// Returns `−x`.
  default Variable neg() {
    return unary(UnaryOp.NEG);
  }

  /// Returns `|x|`.
  default Variable abs() {
    return unary(UnaryOp.ABS);
  }

  /// Returns `eˣ`.
  default Variable exp() {
    return unary(UnaryOp.EXP);
  }

  /// Returns `ln x`.
  default Variable log() {
    return unary(UnaryOp.LOG);
  }

  /// Returns `√x`.
  default Variable sqrt() {
    return unary(UnaryOp.SQRT);
  }

  /// Returns `1/√x`.
  default Variable rsqrt() {
    return unary(UnaryOp.RSQRT);
  }

  /// Returns `x²`.
  default Variable square() {
    return unary(UnaryOp.SQUARE);
  }

  /// Returns `sin x`.
  default Variable sin() {
    return unary(UnaryOp.SIN);
  }

  /// Returns `cos x`.
  default Variable cos() {
    return unary(UnaryOp.COS);
  }

  /// Returns the hyperbolic tangent.
  default Variable tanh() {
    return unary(UnaryOp.TANH);
  }

  /// Returns `1/(1 + e⁻ˣ)`.
  default Variable sigmoid() {
    return unary(UnaryOp.SIGMOID);
  }

  /// Returns `ln(1 + eˣ)`.
  default Variable softplus() {
    return unary(UnaryOp.SOFTPLUS);
  }

  /// Returns the Gauss error function.
  default Variable erf() {
    return unary(UnaryOp.ERF);
  }

  /// Returns `max(x, 0)`.
  default Variable relu() {
    return unary(UnaryOp.RELU);
  }

  /// Returns the Gaussian error linear unit `x·Φ(x)`, exactly.
  default Variable gelu() {
    return unary(UnaryOp.GELU);
  }

  /// Returns the Gaussian error linear unit by its tanh approximation.
  default Variable geluTanh() {
    return unary(UnaryOp.GELU_TANH);
  }

  /// Returns the Gaussian error linear unit approximated as `x·σ(1.702x)`.
  default Variable quickGelu() {
    return unary(UnaryOp.QUICK_GELU);
  }

  /// Returns `x·σ(x)`.
  default Variable silu() {
    return unary(UnaryOp.SILU);
  }
}
