package smalti.nn.layer;

import smalti.autograd.Variable;
import smalti.nn.Module;
import smalti.nn.Pass;

/// Is a module from one variable to one variable.
public abstract class Layer extends Module {
  /// Makes an empty layer.
  protected Layer() {}

  /// Computes the layer.
  public abstract Variable forward(Variable x, Pass pass);

  /// Computes the layer without dropout.
  public final Variable forward(Variable x) {
    return forward(x, Pass.inference());
  }
}
