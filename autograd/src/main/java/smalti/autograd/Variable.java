package smalti.autograd;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Is a tensor that takes part in differentiation: a constant, a leaf whose gradient is wanted, or
/// the result of an op. All methods but the accessors are one-line applications of an op.
public class Variable {
  private final Tensor value;
  private final @Nullable Node node;
  private final boolean requiresGrad;

  Variable(Tensor value, Node node) {
    this.value = value;
    this.node = node;
    this.requiresGrad = true;
  }

  /// Makes a leaf.
  ///
  /// @param requiresGrad whether its gradient is wanted
  protected Variable(Tensor value, boolean requiresGrad) {
    this.value = value;
    this.node = null;
    this.requiresGrad = requiresGrad;
  }

  /// Returns a constant.
  public static Variable of(Tensor value) {
    return new Variable(value, false);
  }

  /// Returns a leaf whose gradient [Autograd#backward] returns.
  public static Variable leaf(Tensor value) {
    return new Variable(value, true);
  }

  /// Returns the numbers.
  public Tensor value() {
    return value;
  }

  /// Returns the shape.
  public Shape shape() {
    return value.shape();
  }

  /// Returns the size of an axis; negative axes count from the end.
  public int dim(int axis) {
    return value.dim(axis);
  }

  /// Returns whether gradients flow to or through this variable.
  public boolean requiresGrad() {
    return requiresGrad;
  }

  /// Returns the same numbers as a constant.
  public Variable detach() {
    return of(value);
  }

  @Nullable Node node() {
    return node;
  }

  /// Returns the tensor's text, with a note whether a gradient is wanted.
  @Override
  public String toString() {
    return requiresGrad ? value + " (requires grad)" : value.toString();
  }
}
