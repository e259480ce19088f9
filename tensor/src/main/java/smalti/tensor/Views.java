package smalti.tensor;

import java.util.Arrays;
import java.util.List;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.memory.Outputs;

/// Holds the shape rules behind [Tensor]'s methods.
final class Views {
  private Views() {}

  /// Returns zeros that lie where the backend computes.
  static Tensor zeros(Shape shape, DType dtype) {
    Storage storage = Backends.current().allocate(dtype, shape.elements());
    return new Tensor(storage, Layout.contiguous(shape));
  }

  /// Replaces a size of −1 by what the element count leaves.
  static Shape inferred(Shape shape, int... sizes) {
    int[] out = sizes.clone();
    int unknown = -1;
    long known = 1;
    for (int i = 0; i < out.length; i++) {
      if (out[i] == -1) {
        if (unknown >= 0) {
          throw ShapeException.of(
              "reshape: only one size may be -1; got %s", Arrays.toString(sizes));
        }
        unknown = i;
      } else {
        known *= out[i];
      }
    }
    if (unknown >= 0) {
      if (known == 0 || shape.elements() % known != 0) {
        throw ShapeException.of(
            "reshape: %s (%d elements) does not fit %s",
            shape, shape.elements(), Arrays.toString(sizes));
      }
      out[unknown] = (int) (shape.elements() / known);
    }
    return Shape.of(out);
  }

  static void requireSame(String op, Tensor a, Tensor b) {
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          "%s: dtypes differ; a %s, b %s. Convert one with to(…)"
              .formatted(op, a.dtype(), b.dtype()));
    }
  }

  static void requireFloating(String op, Tensor a) {
    if (!a.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "%s: needs floating-point numbers; got %s".formatted(op, a.dtype()));
    }
  }

  static void requireRank(String op, Tensor a, int least) {
    if (a.rank() < least) {
      throw ShapeException.of("%s: needs rank %d or more; shape is %s", op, least, a.shape());
    }
  }

  /// Returns the shape with the named axes (all if none) of size 1.
  static Shape reduced(Shape shape, int... axes) {
    Shape out = shape;
    for (int axis : axes.length == 0 ? all(shape) : axes) {
      out = out.with(axis, 1);
    }
    return out;
  }

  /// Returns the shape without the named axes (all if none).
  static Shape squeezed(Shape shape, int... axes) {
    boolean[] drop = new boolean[shape.rank()];
    for (int axis : axes.length == 0 ? all(shape) : axes) {
      drop[shape.axis(axis)] = true;
    }
    int[] kept = new int[shape.rank()];
    int n = 0;
    for (int i = 0; i < drop.length; i++) {
      if (!drop[i]) {
        kept[n++] = shape.dim(i);
      }
    }
    return Shape.of(Arrays.copyOf(kept, n));
  }

  private static int[] all(Shape shape) {
    int[] axes = new int[shape.rank()];
    Arrays.setAll(axes, i -> i);
    return axes;
  }

  static Tensor sumTo(Tensor x, Shape target) {
    if (x.shape().equals(target)) {
      return x;
    }
    int lead = x.rank() - target.rank();
    int[] kept = x.shape().toArray();
    for (int i = 0; i < kept.length; i++) {
      int size = i < lead ? 1 : target.dim(i - lead);
      if (lead < 0 || size != kept[i] && size != 1) {
        throw ShapeException.of("sumTo: %s was not broadcast from %s", x.shape(), target);
      }
      kept[i] = size;
    }
    Tensor out = Outputs.of(Shape.of(kept), x.dtype());
    Backends.current().reduce(ReduceOp.SUM, x, out);
    return out.reshape(target);
  }

  static Tensor where(Tensor condition, Tensor a, Tensor b) {
    requireSame("where", a, b);
    Shape shape = Shape.broadcast("where", a.shape(), b.shape());
    shape = Shape.broadcast("where", condition.shape(), shape);
    Tensor out = Tensor.zeros(shape, a.dtype());
    Backends.current().where(condition.expand(shape), a.expand(shape), b.expand(shape), out);
    return out;
  }

  static Tensor cat(List<Tensor> parts, int axis) {
    if (parts.isEmpty()) {
      throw ShapeException.of("cat: needs at least one tensor");
    }
    Tensor first = parts.getFirst();
    int a = first.shape().axis(axis);
    int total = 0;
    for (Tensor part : parts) {
      requireSame("cat", first, part);
      if (part.rank() != first.rank()
          || !part.shape().without(a).equals(first.shape().without(a))) {
        throw ShapeException.of(
            "cat: shapes must agree except along axis %d; got %s and %s",
            a, first.shape(), part.shape());
      }
      total += part.dim(a);
    }
    Tensor out = Tensor.zeros(first.shape().with(a, total), first.dtype());
    int at = 0;
    for (Tensor part : parts) {
      Backends.current().copy(part, out.slice(a, at, at + part.dim(a)));
      at += part.dim(a);
    }
    return out;
  }
}
