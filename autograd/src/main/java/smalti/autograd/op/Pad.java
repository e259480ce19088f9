package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Puts zeros before and after the elements along an axis.
///
/// @param axis the axis, negative from the end
/// @param before number of zeros before
/// @param after number of zeros after
public record Pad(int axis, int before, int after) implements Op {
  /// Checks the numbers.
  public Pad {
    Require.notNegative("pad", "before", before);
    Require.notNegative("pad", "after", after);
  }

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor x = inputs[0];
    int size = x.dim(axis);
    Tensor out = Tensor.zeros(x.shape().with(axis, before + size + after), x.dtype());
    Backends.current().copy(x, out.slice(axis, before, before + size));
    return out;
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    return new Tensor[] {dOut.slice(axis, before, before + context.shape(0).dim(axis))};
  }

  /// Draws pads of a random axis.
  public static List<Sample> samples(Random random) {
    Shape shape = Draw.shape(random, 1, 4);
    int axis = random.nextInt(shape.rank());
    return List.of(
        Sample.of(new Pad(axis, random.nextInt(3), random.nextInt(3)), Draw.normal(random, shape)),
        Sample.of(new Pad(-1, 0, 0), Draw.normal(random, shape)));
  }
}
