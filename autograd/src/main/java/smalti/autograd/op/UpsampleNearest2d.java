package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Repeats each pixel of images (B, C, H, W) `scale × scale` times.
///
/// @param scale how often, in each direction
public record UpsampleNearest2d(int scale) implements Op {
  /// Checks the scale.
  public UpsampleNearest2d {
    Require.positive("upsampleNearest2d", "scale", scale);
  }

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor x = inputs[0].contiguous();
    Require.floating("upsampleNearest2d", x);
    Require.rank("upsampleNearest2d", "x", x, 4, "(B, C, H, W)");
    Shape shape = x.shape().with(2, x.dim(2) * scale).with(3, x.dim(3) * scale);
    Tensor out = Outputs.of(shape, x.dtype());
    Backends.current().upsampleNearest2d(x, scale, out);
    return out; // (B, C, H·scale, W·scale)
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dx = Outputs.of(context.shape(0), dOut.dtype());
    Backends.current().upsampleNearest2dGrad(dOut.contiguous(), scale, dx);
    return new Tensor[] {dx};
  }

  /// Draws scales 1 to 3.
  public static List<Sample> samples(Random random) {
    Tensor x = Draw.normal(random, Draw.shape(random, 4, 4));
    return List.of(
        Sample.of(new UpsampleNearest2d(2), x),
        Sample.of(new UpsampleNearest2d(random.nextBoolean(0.5) ? 1 : 3), x));
  }
}
