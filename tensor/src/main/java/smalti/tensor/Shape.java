package smalti.tensor;

import java.util.Arrays;

/// Holds the sizes of a tensor's axes. A shape of rank 0 is a scalar with one element.
public final class Shape {
  /// The shape of a scalar.
  public static final Shape SCALAR = new Shape(new int[0]);

  /// The length of the longest array that every Java machine can make.
  private static final long MOST = Integer.MAX_VALUE - 8;

  private final int[] sizes;
  private final int elements;

  private Shape(int[] sizes) {
    this.sizes = sizes;
    this.elements = count(sizes);
  }

  private static int count(int[] sizes) {
    long n = 1;
    boolean empty = false;
    for (int size : sizes) {
      if (size < 0) {
        throw ShapeException.of(
            "shape: sizes must not be negative; got %s", Arrays.toString(sizes));
      }
      empty |= size == 0;
      n = n > MOST ? n : n * size;
    }
    if (n > MOST && !empty) {
      throw ShapeException.of(
          "shape: a tensor holds at most 2^31 - 9 elements; %s has more", Arrays.toString(sizes));
    }
    return empty ? 0 : (int) n;
  }

  /// Returns the shape with these sizes.
  ///
  /// @throws ShapeException if a size is negative or the element count does not fit an array
  public static Shape of(int... sizes) {
    return sizes.length == 0 ? SCALAR : new Shape(sizes.clone());
  }

  /// Returns the number of axes.
  public int rank() {
    return sizes.length;
  }

  /// Returns the number of elements (1 for a scalar).
  public int elements() {
    return elements;
  }

  /// Returns the size of an axis; negative axes count from the end.
  ///
  /// @throws ShapeException if there is no such axis
  public int dim(int axis) {
    return sizes[axis(axis)];
  }

  /// Returns the axis as a number from 0 to rank − 1; negative axes count from the end.
  ///
  /// @throws ShapeException if there is no such axis
  public int axis(int axis) {
    int a = axis < 0 ? axis + sizes.length : axis;
    if (a < 0 || a >= sizes.length) {
      throw ShapeException.of("axis: %d is not an axis of shape %s (rank %d)", axis, this, rank());
    }
    return a;
  }

  /// Returns the sizes as a new array.
  public int[] toArray() {
    return sizes.clone();
  }

  /// Returns this shape with one axis resized.
  public Shape with(int axis, int size) {
    int[] s = sizes.clone();
    s[axis(axis)] = size;
    return new Shape(s);
  }

  /// Returns this shape without the given axis.
  public Shape without(int axis) {
    int a = axis(axis);
    int[] s = new int[sizes.length - 1];
    System.arraycopy(sizes, 0, s, 0, a);
    System.arraycopy(sizes, a + 1, s, a, s.length - a);
    return new Shape(s);
  }

  /// Returns the strides, in elements, of a dense row-major tensor of this shape.
  int[] rowMajorStrides() {
    int[] strides = new int[sizes.length];
    int stride = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= Math.max(1, sizes[i]);
    }
    return strides;
  }

  /// Returns the shape to which both operands are broadcast by NumPy's rule: aligned at the last
  /// axis, sizes equal or one of them 1.
  ///
  /// @param op the operation, for the error text
  /// @throws ShapeException if an axis differs and neither size is 1
  public static Shape broadcast(String op, Shape a, Shape b) {
    if (a.equals(b)) {
      return a;
    }
    int rank = Math.max(a.rank(), b.rank());
    int[] out = new int[rank];
    for (int i = 1; i <= rank; i++) {
      int da = i <= a.rank() ? a.sizes[a.rank() - i] : 1;
      int db = i <= b.rank() ? b.sizes[b.rank() - i] : 1;
      if (da != db && da != 1 && db != 1) {
        throw ShapeException.of(
            "%s: cannot broadcast; a %s, b %s (axis -%d: %d ≠ %d)", op, a, b, i, da, db);
      }
      out[rank - i] = da == 1 ? db : da;
    }
    return new Shape(out);
  }

  @Override
  public boolean equals(Object other) {
    return this == other || other instanceof Shape s && Arrays.equals(sizes, s.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /// Returns the sizes as `[2, 3]`.
  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }
}
