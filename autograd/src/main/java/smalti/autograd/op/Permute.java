package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Puts axes in a new order: axis `i` of the result is axis `axes[i]` of the input.
///
/// @param axes every axis once, negative from the end
public record Permute(List<Integer> axes) implements Op {

  /// Makes the op.
  public static Permute of(int... axes) {
    return new Permute(Ints.list(axes));
  }

  /// Makes the op that exchanges two axes of a shape.
  public static Permute swap(Shape shape, int a, int b) {
    int[] axes = new int[shape.rank()];
    Arrays.setAll(axes, i -> i);
    axes[shape.axis(a)] = shape.axis(b);
    axes[shape.axis(b)] = shape.axis(a);
    return of(axes);
  }

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    return inputs[0].permute(Ints.of(axes));
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    int[] inverse = new int[axes.size()];
    for (int i = 0; i < inverse.length; i++) {
      inverse[context.shape(0).axis(axes.get(i))] = i;
    }
    return new Tensor[] {dOut.permute(inverse)};
  }

  /// Draws a random order of axes, some counted from the end, and a cyclic one.
  public static List<Sample> samples(Random random) {
    Shape shape = Draw.shape(random, 0, 4);
    int[] axes = random.permutation(shape.rank());
    for (int i = 0; i < axes.length; i++) {
      axes[i] -= random.nextBoolean(0.5) ? axes.length : 0;
    }
    return List.of(
        Sample.of(of(axes), Draw.normal(random, shape)),
        Sample.of(of(1, 2, 0), Draw.normal(random, Draw.shape(random, 3, 3))));
  }
}
