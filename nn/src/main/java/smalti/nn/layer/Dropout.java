package smalti.nn.layer;

import smalti.autograd.Variable;
import smalti.nn.Pass;

/// Zeroes each element with probability `p` while training and scales the others by `1/(1 − p)`.
public final class Dropout extends Layer {
  private final double p;

  /// Makes a layer.
  ///
  /// @throws IllegalArgumentException if `p` is not in `[0, 1)`
  public Dropout(double p) {
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException("Dropout: p must be in [0, 1); got " + p);
    }
    this.p = p;
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    return pass.training() && p > 0 ? x.dropout(p, pass.random().split("dropout")) : x;
  }
}
