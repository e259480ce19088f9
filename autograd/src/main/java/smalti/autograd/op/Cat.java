package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Joins any number of inputs along an axis.
///
/// @param axis the axis, negative from the end
public record Cat(int axis) implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    return Tensor.cat(List.of(inputs), axis);
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    @Nullable Tensor[] gradients = new Tensor[context.inputs()];
    int at = 0;
    for (int i = 0; i < gradients.length; i++) {
      int size = context.shape(i).dim(axis);
      gradients[i] = context.needs(i) ? dOut.slice(axis, at, at + size) : null;
      at += size;
    }
    return gradients;
  }

  /// Returns a shape with a new axis of size 1, counted in the result (negative from the end).
  public static Shape stacked(Shape shape, int axis) {
    int rank = shape.rank() + 1;
    int at = Shape.of(new int[rank]).axis(axis);
    int[] sizes = new int[rank];
    for (int i = 0; i < rank; i++) {
      sizes[i] = i == at ? 1 : shape.dim(i < at ? i : i - 1);
    }
    return Shape.of(sizes);
  }

  /// Draws joins of one, two and three inputs.
  public static List<Sample> samples(Random random) {
    Shape shape = Draw.shape(random, 1, 4);
    int axis = random.nextInt(shape.rank());
    Tensor a = Draw.normal(random, shape);
    Tensor b = Draw.normal(random, shape.with(axis, Draw.size(random)));
    Tensor c = Draw.normal(random, shape.with(axis, Draw.size(random)));
    return List.of(
        Sample.of(new Cat(axis), a),
        Sample.of(new Cat(axis - shape.rank()), a, b),
        Sample.of(new Cat(axis), a, b, c));
  }
}
