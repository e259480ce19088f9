package smalti.nn.optim;

import java.util.ArrayList;
import java.util.List;
import smalti.autograd.Gradients;
import smalti.nn.Parameter;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Measures gradients and says by how much to shrink them.
public final class GradientClip {
  private GradientClip() {}

  /// Returns the Euclidean norm of all gradients together.
  public static double norm(Gradients gradients, List<Parameter> parameters) {
    return scalarNorm(gradients, parameters).item();
  }

  /// Returns the norm as a scalar, which a step on a device need not read.
  public static Tensor scalarNorm(Gradients gradients, List<Parameter> parameters) {
    List<Tensor> squares = new ArrayList<>();
    for (Parameter p : parameters) {
      Tensor g = gradients.get(p);
      if (g != null) {
        squares.add(g.mul(g));
      }
    }
    if (squares.isEmpty()) {
      return Tensor.scalar(0);
    }
    // One kind of work after the other: a device does it for all of them together.
    List<Tensor> sums = new ArrayList<>();
    squares.forEach(s -> sums.add(s.sum().reshape(1)));
    return Tensor.cat(sums, 0).sum().unary(UnaryOp.SQRT);
  }

  /// Returns the factor that brings a norm down to `max`, or 1 where it is not above.
  public static double factor(double norm, double max) {
    return norm > max ? max / (norm + 1e-6) : 1;
  }

  /// Returns the factor for a scalar norm, as a scalar.
  public static Tensor factor(Tensor norm, double max) {
    Tensor most = Tensor.full(norm.shape(), max, norm.dtype());
    Tensor one = Tensor.full(norm.shape(), 1, norm.dtype());
    return most.div(norm.add(1e-6)).binary(BinaryOp.MINIMUM, one);
  }
}
