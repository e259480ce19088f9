package smalti.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Says where the elements of a tensor lie in its storage: element `(i, j, …)` is at `offset +
/// i·stride(0) + j·stride(1) + …`. Views are new layouts over the same storage.
public final class Layout {
  private final Shape shape;
  private final int[] strides;
  private final int offset;

  private Layout(Shape shape, int[] strides, int offset) {
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
  }

  /// Returns the dense row-major layout of a shape, from the start of the storage.
  public static Layout contiguous(Shape shape) {
    return new Layout(shape, shape.rowMajorStrides(), 0);
  }

  /// Returns a layout with given strides, as files of other programs may hold it.
  ///
  /// @param strides distance in elements between neighbours along each axis, not negative
  /// @param offset place of the first element
  /// @throws ShapeException if there are not rank many strides, or one number is negative
  public static Layout strided(Shape shape, int[] strides, int offset) {
    if (strides.length != shape.rank()
        || offset < 0
        || Arrays.stream(strides).anyMatch(stride -> stride < 0)) {
      throw ShapeException.of(
          "strided: shape %s needs %d strides and an offset, none negative; got %s, offset %d",
          shape, shape.rank(), Arrays.toString(strides), offset);
    }
    return new Layout(shape, strides.clone(), offset);
  }

  /// Returns the shape.
  public Shape shape() {
    return shape;
  }

  /// Returns the place of the first element.
  public int offset() {
    return offset;
  }

  /// Returns the distance in elements between neighbours along an axis (negative axes count from
  /// the end); 0 where an axis is expanded.
  public int stride(int axis) {
    return strides[shape.axis(axis)];
  }

  /// Returns the strides as a new array.
  public int[] strides() {
    return strides.clone();
  }

  /// Returns whether the elements lie densely in row-major order (from any offset).
  public boolean isContiguous() {
    int expected = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      int size = shape.dim(i);
      if (size == 0) {
        return true;
      }
      if (size != 1) {
        if (strides[i] != expected) {
          return false;
        }
        expected *= size;
      }
    }
    return true;
  }

  /// Returns the place of an element.
  ///
  /// @throws ShapeException if there are not rank many indices
  /// @throws IndexOutOfBoundsException if an index is outside its axis
  public int at(int... index) {
    if (index.length != strides.length) {
      throw ShapeException.of(
          "get: shape %s takes %d indices; got %s", shape, strides.length, Arrays.toString(index));
    }
    int place = offset;
    for (int i = 0; i < index.length; i++) {
      if (index[i] < 0 || index[i] >= shape.dim(i)) {
        throw new IndexOutOfBoundsException(
            "get: index %s is outside shape %s".formatted(Arrays.toString(index), shape));
      }
      place += index[i] * strides[i];
    }
    return place;
  }

  /// Returns the layout with axes in a new order: axis `i` of the result is axis `axes[i]` here.
  ///
  /// @throws ShapeException if `axes` does not name every axis once
  public Layout permute(int... axes) {
    int rank = strides.length;
    int[] sizes = new int[rank];
    int[] moved = new int[rank];
    boolean[] seen = new boolean[rank];
    if (axes.length != rank) {
      throw ShapeException.of(
          "permute: shape %s needs %d axes; got %s", shape, rank, Arrays.toString(axes));
    }
    for (int i = 0; i < rank; i++) {
      int a = shape.axis(axes[i]);
      if (seen[a]) {
        throw ShapeException.of("permute: axis %d is named twice in %s", a, Arrays.toString(axes));
      }
      seen[a] = true;
      sizes[i] = shape.dim(a);
      moved[i] = strides[a];
    }
    return new Layout(Shape.of(sizes), moved, offset);
  }

  /// Returns the layout of the part from `start` (inclusive) to `end` (exclusive) of an axis.
  ///
  /// @throws ShapeException if the range is not inside the axis
  public Layout slice(int axis, int start, int end) {
    int a = shape.axis(axis);
    if (start < 0 || end < start || end > shape.dim(a)) {
      throw ShapeException.of(
          "slice: [%d, %d) is not inside axis %d of shape %s", start, end, a, shape);
    }
    Shape part = shape.with(a, end - start);
    // Nothing lies nowhere: an empty part keeps the offset, which might leave the storage.
    return new Layout(part, strides, part.elements() == 0 ? offset : offset + start * strides[a]);
  }

  /// Returns the layout broadcast to a larger shape, with stride 0 along the new or stretched axes.
  ///
  /// @throws ShapeException if a size differs and is not 1 here
  public Layout expand(Shape target) {
    if (target.equals(shape)) {
      return this;
    }
    int rank = target.rank();
    int lead = rank - strides.length;
    int[] wide = new int[rank];
    for (int i = 0; i < rank; i++) {
      int own = i < lead ? 1 : shape.dim(i - lead);
      if (lead < 0 || own != target.dim(i) && own != 1) {
        throw ShapeException.of("expand: %s cannot be expanded to %s", shape, target);
      }
      wide[i] = own == 1 ? 0 : strides[i - lead];
    }
    if (lead < 0) {
      throw ShapeException.of("expand: %s cannot be expanded to %s", shape, target);
    }
    return new Layout(target, wide, offset);
  }

  /// Returns the layout of the same elements, in the same order, under a new shape, or null where
  /// no strides can express it and the elements must be copied first.
  ///
  /// @throws ShapeException if the element counts differ
  public @Nullable Layout reshape(Shape target) {
    if (target.elements() != shape.elements()) {
      throw ShapeException.of(
          "reshape: %s has %d elements, %s has %d",
          shape, shape.elements(), target, target.elements());
    }
    if (target.elements() == 0 || isContiguous()) {
      return new Layout(target, target.rowMajorStrides(), offset);
    }
    int[] out = new int[target.rank()];
    int from = 0;
    int to = 0;
    // Groups of old axes that fuse into groups of new axes with the same number of elements.
    while (from < shape.rank() && to < target.rank()) {
      int fromEnd = from + 1;
      int toEnd = to + 1;
      long a = shape.dim(from);
      long b = target.dim(to);
      while (a != b) {
        if (a < b) {
          a *= shape.dim(fromEnd++);
        } else {
          b *= target.dim(toEnd++);
        }
      }
      if (!fuses(from, fromEnd)) {
        return null;
      }
      int stride = innermostStride(from, fromEnd);
      for (int i = toEnd - 1; i >= to; i--) {
        out[i] = stride;
        stride *= target.dim(i);
      }
      from = fromEnd;
      to = toEnd;
    }
    for (int i = to; i < target.rank(); i++) {
      out[i] = 1; // axes of size 1
    }
    return new Layout(target, out, offset);
  }

  private boolean fuses(int from, int end) {
    int last = -1;
    for (int i = end - 1; i >= from; i--) {
      if (shape.dim(i) == 1) {
        continue;
      }
      if (last >= 0 && strides[i] != strides[last] * shape.dim(last)) {
        return false;
      }
      last = i;
    }
    return true;
  }

  private int innermostStride(int from, int end) {
    for (int i = end - 1; i >= from; i--) {
      if (shape.dim(i) != 1) {
        return strides[i];
      }
    }
    return 1;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Layout l
        && shape.equals(l.shape)
        && offset == l.offset
        && Arrays.equals(strides, l.strides);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * shape.hashCode() + Arrays.hashCode(strides)) + offset;
  }

  /// Returns e.g. `Layout[shape=[2, 3], strides=[3, 1], offset=0]`.
  @Override
  public String toString() {
    return "Layout[shape=%s, strides=%s, offset=%d]"
        .formatted(shape, Arrays.toString(strides), offset);
  }
}
