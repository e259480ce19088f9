package smalti.nn.layer;

import org.jspecify.annotations.Nullable;
import smalti.autograd.Variable;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.init.Init;
import smalti.tensor.Random;
import smalti.tensor.Shape;

/// Cross-correlates images with square kernels: (B, in, H, W) to (B, out, H′, W′), `H′ = (H +
/// 2·padding − kernel)/stride + 1`.
///
/// Parameters: `weight` (out, in, kernel, kernel), `bias` (out).
public final class Conv2d extends Layer {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final int stride;
  private final int padding;

  /// Makes a layer with PyTorch's default initialisation.
  public Conv2d(int in, int out, int kernel, int stride, int padding, boolean bias, Random random) {
    Shape shape = Shape.of(out, in, kernel, kernel);
    double bound = 1 / Math.sqrt((double) in * kernel * kernel);
    this.weight = param("weight", Init.kaimingUniform().draw(shape, random.split("weight")));
    this.bias =
        bias ? param("bias", Init.uniform(bound).draw(Shape.of(out), random.split("bias"))) : null;
    this.stride = stride;
    this.padding = padding;
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    return x.conv2d(weight, bias, stride, padding); // (B, out, H′, W′)
  }
}
