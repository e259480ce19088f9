package smalti.tests.parity;

import java.util.List;
import java.util.stream.IntStream;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Makes the tensors on which backends are compared.
final class Operands {
  /// Sizes around the widths of vectors (4, 8 and 16 floats), a prime, and two that leave rests.
  static final int[] SIZES = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 35, 67, 127, 1000};

  /// Values at which float arithmetic has corners.
  private static final float[] CORNERS = {
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    0f,
    -0f,
    1e-40f,
    -1e-40f,
    1e30f,
    -1e30f,
    88.5f,
    -100f,
    1e-5f,
    1f,
    -1f
  };

  private Operands() {}

  /// Names the ways in which a tensor lies in its storage.
  enum Lie {
    /// Dense from the start.
    DENSE,
    /// Dense, but not from the start.
    OFFSET,
    /// The inner part of a larger tensor, along every axis.
    SLICED,
    /// With the axes in reverse order.
    TRANSPOSED
  }

  /// Returns the lies of which all are contiguous.
  static List<Lie> dense() {
    return List.of(Lie.DENSE, Lie.OFFSET);
  }

  /// Returns normal numbers.
  static Tensor normal(String label, int... shape) {
    return Backends.with(
        Backends.reference(), () -> Random.of(7).split(label).normal(Shape.of(shape)));
  }

  /// Returns numbers drawn evenly from an interval.
  static Tensor uniform(String label, double low, double high, int... shape) {
    return Backends.with(
        Backends.reference(),
        () -> Random.of(7).split(label).uniform(Shape.of(shape)).mul(high - low).add(low));
  }

  /// Returns normal numbers of which every fifth is a corner.
  static Tensor corners(String label, int... shape) {
    float[] data = normal(label, shape).toFloats();
    for (int i = 0; i < data.length; i += 5) {
      data[i] = CORNERS[i / 5 % CORNERS.length];
    }
    return Tensor.of(data, shape);
  }

  /// Returns normal numbers of which every twelfth is NaN or infinite; sums of corners would cancel
  /// otherwise than in double.
  static Tensor nonFinite(String label, int... shape) {
    float[] data = normal(label, shape).toFloats();
    for (int i = 11; i < data.length; i += 12) {
      data[i] = CORNERS[i / 12 % 3];
    }
    return Tensor.of(data, shape);
  }

  /// Returns indices below `bound`.
  static Tensor ids(String label, int bound, int... shape) {
    Random random = Random.of(7).split(label);
    int n = Shape.of(shape).elements();
    return Tensor.of(IntStream.range(0, n).map(i -> random.nextInt(bound)).toArray(), shape);
  }

  /// Returns the same numbers, lying otherwise.
  static Tensor lying(Lie lie, Tensor x) {
    Tensor view = blank(lie, x.dtype(), x.shape());
    Backends.reference().copy(x, view);
    return view;
  }

  /// Returns an output full of 7s.
  static Tensor blank(Lie lie, int... shape) {
    return blank(lie, DType.F32, Shape.of(shape));
  }

  private static Tensor blank(Lie lie, DType dtype, Shape shape) {
    return Backends.with(
        Backends.reference(),
        () ->
            switch (lie) {
              case DENSE -> Tensor.full(shape, 7, dtype);
              case OFFSET ->
                  Tensor.full(Shape.of(shape.elements() + 8), 7, dtype)
                      .slice(0, 5, 5 + shape.elements())
                      .reshape(shape);
              case SLICED -> sliced(shape, dtype);
              case TRANSPOSED -> transposed(shape, dtype);
            });
  }

  private static Tensor sliced(Shape shape, DType dtype) {
    int[] sizes = shape.toArray();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] += 3;
    }
    Tensor view = Tensor.full(Shape.of(sizes), 7, dtype);
    for (int i = 0; i < sizes.length; i++) {
      view = view.slice(i, 1, 1 + shape.dim(i));
    }
    return view;
  }

  private static Tensor transposed(Shape shape, DType dtype) {
    int rank = shape.rank();
    int[] sizes = new int[rank];
    int[] axes = new int[rank];
    for (int i = 0; i < rank; i++) {
      sizes[i] = shape.dim(rank - 1 - i);
      axes[i] = rank - 1 - i;
    }
    return Tensor.full(Shape.of(sizes), 7, dtype).permute(axes);
  }
}
