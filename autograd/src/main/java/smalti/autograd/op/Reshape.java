package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Gives the same elements, in the same order, a new shape.
///
/// @param sizes the new sizes, of which one may be −1 and is inferred
public record Reshape(List<Integer> sizes) implements Op {

  /// Makes the op.
  public static Reshape of(int... sizes) {
    return new Reshape(Ints.list(sizes));
  }

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    return inputs[0].reshape(Ints.of(sizes));
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    return new Tensor[] {dOut.reshape(context.shape(0))};
  }

  /// Draws a flattening, an inferred size, and new axes of size 1.
  public static List<Sample> samples(Random random) {
    Shape shape = Draw.shape(random, 2, 4);
    Tensor x = Draw.normal(random, shape);
    Tensor flipped = x.transpose(0, -1);
    return List.of(
        Sample.of(of(shape.elements()), x),
        Sample.of(of(shape.dim(0), -1), x),
        Sample.of(of(shape.dim(-1), 1, -1, 1), flipped),
        Sample.of(of(-1, shape.dim(0)), flipped),
        Sample.of(of(1, 1), Draw.normal(random)));
  }
}
