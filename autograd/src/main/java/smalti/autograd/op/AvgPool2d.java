package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Takes the mean of each `kernel × kernel` block of images (B, C, H, W); remainders at the right
/// and at the bottom are dropped.
///
/// @param kernel side of a block, in pixels
public record AvgPool2d(int kernel) implements Op {
  /// Checks the side.
  public AvgPool2d {
    Require.positive("avgPool2d", "kernel", kernel);
  }

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor x = inputs[0].contiguous();
    Require.floating("avgPool2d", x);
    Require.rank("avgPool2d", "x", x, 4, "(B, C, H, W)");
    Shape shape = x.shape().with(2, x.dim(2) / kernel).with(3, x.dim(3) / kernel);
    Tensor out = Outputs.of(shape, x.dtype());
    Backends.current().avgPool2d(x, kernel, out);
    return out; // (B, C, H/kernel, W/kernel)
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dx = Outputs.of(context.shape(0), dOut.dtype());
    Backends.current().avgPool2dGrad(dOut.contiguous(), kernel, dx);
    return new Tensor[] {dx};
  }

  /// Draws blocks of side 1 to 3, with and without remainders.
  public static List<Sample> samples(Random random) {
    int kernel = Draw.between(random, 1, 3);
    int height = kernel * Draw.between(random, 1, 2);
    int width = kernel * Draw.between(random, 1, 3);
    Shape exact = Shape.of(Draw.between(random, 1, 2), Draw.between(random, 1, 2), height, width);
    Shape uneven = Shape.of(1, 2, height + random.nextInt(kernel), width + kernel - 1);
    return List.of(
        Sample.of(new AvgPool2d(kernel), Draw.normal(random, exact)),
        Sample.of(new AvgPool2d(kernel), Draw.normal(random, uneven)));
  }
}
