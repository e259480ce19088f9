package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Gives tensors other layouts with the same numbers, surrounded by poison (NaN, huge indices).
final class Disguise {
  private Disguise() {}

  static Sample of(Random random, Sample sample) {
    return new Sample(sample.op(), sample.inputs().stream().map(t -> of(random, t)).toList());
  }

  static Tensor of(Random random, Tensor t) {
    return switch (random.nextInt(5)) {
      case 0 -> t;
      case 1 -> permuted(t, random.permutation(t.rank()));
      case 2 -> t.rank() == 0 ? everySecond(t) : part(t, random.nextInt(t.rank()));
      case 3 -> everySecond(t);
      default -> expanded(t);
    };
  }

  /// Returns a view whose axes lie in memory in another order.
  private static Tensor permuted(Tensor t, int[] axes) {
    int[] inverse = new int[axes.length];
    for (int i = 0; i < axes.length; i++) {
      inverse[axes[i]] = i;
    }
    return t.permute(axes).copy().permute(inverse);
  }

  /// Returns a slice, with an offset, of something larger.
  private static Tensor part(Tensor t, int axis) {
    int n = t.dim(axis);
    Tensor large = poison(t.shape().with(axis, n + 3), t.dtype());
    Tensor around = Tensor.cat(List.of(large, t, large), axis);
    return around.slice(axis, n + 3, 2 * n + 3);
  }

  /// Returns every second element of something larger.
  private static Tensor everySecond(Tensor t) {
    int[] sizes = Arrays.copyOf(t.shape().toArray(), t.rank() + 1);
    sizes[t.rank()] = 1;
    Tensor x = t.reshape(sizes);
    return Tensor.cat(List.of(poison(x.shape(), x.dtype()), x), -1).select(-1, 1);
  }

  /// Returns a view with stride 0 along leading axes of size 1, where there are any.
  private static Tensor expanded(Tensor t) {
    Shape inner = t.shape();
    while (inner.rank() > 0 && inner.dim(0) == 1) {
      inner = inner.without(0);
    }
    return t.reshape(inner).expand(t.shape());
  }

  private static Tensor poison(Shape shape, DType dtype) {
    return Tensor.full(shape, dtype.isFloating() ? Double.NaN : Integer.MAX_VALUE, dtype);
  }
}
