package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;

/// Reduces axes to one number each. The gradient of a maximum or minimum goes to the elements that
/// attain it, in equal shares.
///
/// @param function what is done
/// @param keepDims whether reduced axes stay, with size 1
/// @param axes the axes, negative from the end; all of them if the list is empty
public record Reduce(ReduceOp function, boolean keepDims, List<Integer> axes) implements Op {

  /// Makes the op.
  public static Reduce of(ReduceOp function, boolean keepDims, int... axes) {
    return new Reduce(function, keepDims, Ints.list(axes));
  }

  /// Returns how many elements become one when these axes of a shape are reduced.
  public static double count(Shape shape, int... axes) {
    Shape kept = of(ReduceOp.SUM, true, axes).kept(shape);
    double count = 1;
    for (int i = 0; i < shape.rank(); i++) {
      count *= kept.dim(i) == 1 ? shape.dim(i) : 1;
    }
    return count;
  }

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor x = inputs[0];
    Require.floating("reduce", x);
    Tensor out = x.reduce(function, keepDims, Ints.of(axes));
    if (function != ReduceOp.SUM) {
      context.save(x, out);
    }
    return out;
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Shape shape = context.shape(0);
    Tensor wide = dOut.reshape(kept(shape));
    if (function == ReduceOp.SUM) {
      return new Tensor[] {wide.expand(shape)};
    }
    Tensor extreme = context.saved(1).reshape(wide.shape());
    Tensor attains = context.saved(0).binary(BinaryOp.EQ, extreme);
    Tensor ties = attains.reduce(ReduceOp.SUM, true, Ints.of(axes));
    return new Tensor[] {attains.mul(wide.div(ties))};
  }

  /// Returns a shape with the reduced axes of size 1.
  private Shape kept(Shape shape) {
    Shape out = shape;
    for (int i = 0; i < shape.rank(); i++) {
      if (axes.isEmpty() || axes.contains(i) || axes.contains(i - shape.rank())) {
        out = out.with(i, 1);
      }
    }
    return out;
  }

  /// Draws, for each function, a reduction of all axes and one of some.
  public static List<Sample> samples(Random random) {
    return Arrays.stream(ReduceOp.values())
        .flatMap(f -> List.of(sample(f, true, random), sample(f, false, random)).stream())
        .toList();
  }

  private static Sample sample(ReduceOp function, boolean all, Random random) {
    Shape shape = Draw.shape(random, all ? 0 : 1, 4);
    int some = all ? 0 : Draw.between(random, 1, shape.rank());
    int[] axes = Arrays.copyOf(random.permutation(shape.rank()), some);
    for (int i = 0; i < axes.length; i++) {
      axes[i] -= random.nextBoolean(0.5) ? shape.rank() : 0;
    }
    return Sample.of(of(function, random.nextBoolean(0.5), axes), Draw.distinct(random, shape));
  }
}
