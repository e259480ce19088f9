package smalti.nn.optim;

import java.util.ArrayList;
import java.util.List;
import smalti.autograd.Gradients;
import smalti.nn.Parameter;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.memory.Recycler;

/// Measures gradients and says by how much to shrink them.
public final class GradientClip {
  private GradientClip() {}

  /// Returns the Euclidean norm of all gradients together.
  public static double norm(Gradients gradients, List<Parameter> parameters) {
    return scalarNorm(gradients, parameters).item();
  }

  /// Returns the norm as a scalar: on the device if gradients are there, unread, as a step wants
  /// it; otherwise on the host, in F64.
  public static Tensor scalarNorm(Gradients gradients, List<Parameter> parameters) {
    List<Tensor> present = new ArrayList<>();
    for (Parameter p : parameters) {
      Tensor g = gradients.get(p);
      if (g != null) {
        present.add(g);
      }
    }
    return present.stream().anyMatch(GradientClip::onDevice)
        ? deviceNorm(present)
        : hostScalar(hostNorm(present));
  }

  private static double hostNorm(List<Tensor> gradients) {
    double squares = 0;
    for (Tensor g : gradients) {
      Tensor square = g.mul(g);
      squares += square.sum().item();
      Recycler.release(square);
    }
    return Math.sqrt(squares);
  }

  private static Tensor deviceNorm(List<Tensor> gradients) {
    // One kind of work after the other: a device does it for all of them together.
    List<Tensor> squares = gradients.stream().map(g -> g.mul(g)).toList();
    List<Tensor> sums = squares.stream().map(s -> s.sum().reshape(1)).toList();
    return Tensor.cat(sums, 0).sum().unary(UnaryOp.SQRT);
  }

  private static boolean onDevice(Tensor t) {
    return t.storage() instanceof Storage.DeviceStorage;
  }

  private static Tensor hostScalar(double value) {
    return Tensor.of(new double[] {value});
  }

  /// Returns the factor that brings a norm down to `max`, or 1 where it is not above.
  public static double factor(double norm, double max) {
    return norm > max ? max / (norm + 1e-6) : 1;
  }

  /// Returns the factor for a scalar norm, as a scalar.
  public static Tensor factor(Tensor norm, double max) {
    if (!onDevice(norm)) {
      return hostScalar(factor(norm.item(), max));
    }
    Tensor most = Tensor.full(norm.shape(), max, norm.dtype());
    Tensor one = Tensor.full(norm.shape(), 1, norm.dtype());
    return most.div(norm.add(1e-6)).binary(BinaryOp.MINIMUM, one);
  }
}
