package smalti.dalle.vae;

import java.util.List;
import smalti.autograd.Variable;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.init.Init;
import smalti.nn.layer.Layer;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Is the published code's convolution: stride 1, size kept, weights drawn from N(0, 1/√(in·k²)),
/// biases zero: (B, in, H, W) to (B, out, H, W).
///
/// Parameters: `w` (out, in, k, k), `b` (out).
final class Conv extends Layer {
  private final Parameter w;
  private final Parameter b;
  private final int padding;

  Conv(int in, int out, int kernel, Random random) {
    this(in, out, kernel, 1 / Math.sqrt((double) in * kernel * kernel), random);
  }

  Conv(int in, int out, int kernel, double std, Random random) {
    this.w = param("w", Init.normal(std).draw(Shape.of(out, in, kernel, kernel), random));
    this.b = param("b", Tensor.zeros(out));
    this.padding = (kernel - 1) / 2;
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    return x.conv2d(w, b, 1, padding);
  }

  /// Returns the weight and the bias of `factor` times the convolution.
  List<Variable> scaled(double factor) {
    return factor == 1 ? List.of(w, b) : List.of(w.mul(factor), b.mul(factor));
  }

  /// Computes a 1×1 convolution of channels-last vectors: (…, in) to (…, out).
  Variable pointwise(Variable x) {
    return x.linear(w.reshape(w.dim(0), w.dim(1)), b);
  }
}
