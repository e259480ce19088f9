package smalti.nn.optim;

import java.util.List;
import smalti.autograd.Gradients;
import smalti.nn.Parameter;
import smalti.tensor.Tensor;

/// Measures gradients and says by how much to shrink them.
public final class GradientClip {
  private GradientClip() {}

  /// Returns the Euclidean norm of all gradients together.
  public static double norm(Gradients gradients, List<Parameter> parameters) {
    double squares = 0;
    for (Parameter p : parameters) {
      Tensor g = gradients.get(p);
      if (g != null) {
        squares += g.mul(g).sum().item();
      }
    }
    return Math.sqrt(squares);
  }

  /// Returns the factor that brings a norm down to `max`, or 1 where it is not above.
  public static double factor(double norm, double max) {
    return norm > max ? max / (norm + 1e-6) : 1;
  }
}
