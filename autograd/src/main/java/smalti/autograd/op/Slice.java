package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Takes the part from `start` (inclusive) to `end` (exclusive) of an axis.
///
/// @param axis the axis, negative from the end
/// @param start the first index taken
/// @param end the first index no longer taken
public record Slice(int axis, int start, int end) implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    return inputs[0].slice(axis, start, end);
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dx = Tensor.zeros(context.shape(0), dOut.dtype());
    Backends.current().copy(dOut, dx.slice(axis, start, end));
    return new Tensor[] {dx};
  }

  /// Draws a random part of a random axis, and a whole axis.
  public static List<Sample> samples(Random random) {
    Shape shape = Draw.shape(random, 1, 4);
    int axis = random.nextInt(shape.rank());
    int start = random.nextInt(shape.dim(axis));
    int end = Draw.between(random, start + 1, shape.dim(axis));
    return List.of(
        Sample.of(new Slice(axis, start, end), Draw.normal(random, shape)),
        Sample.of(new Slice(-1, 0, shape.dim(-1)), Draw.normal(random, shape)));
  }
}
