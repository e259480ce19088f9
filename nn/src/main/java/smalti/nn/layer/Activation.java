package smalti.nn.layer;

import smalti.autograd.Variable;
import smalti.nn.Pass;
import smalti.tensor.backend.UnaryOp;

/// Applies an elementwise function.
public final class Activation extends Layer {
  private final UnaryOp function;

  /// Makes a layer.
  public Activation(UnaryOp function) {
    this.function = function;
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    return x.unary(function);
  }
}
