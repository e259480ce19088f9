package smalti.autograd.op;

import smalti.tensor.DType;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;

/// Holds the rules that several ops share, with their error texts.
final class Require {
  private Require() {}

  /// Checks a tensor's number of axes.
  ///
  /// @param axes the axes' names, e.g. `(B, C, H, W)`
  static void rank(String op, String name, Tensor t, int rank, String axes) {
    if (t.rank() != rank) {
      throw ShapeException.of(
          "%s: %s must have %d axes %s; %s %s (%d ≠ %d)",
          op, name, rank, axes, name, t.shape(), t.rank(), rank);
    }
  }

  static void rankAtLeast(String op, String name, Tensor t, int rank) {
    if (t.rank() < rank) {
      throw ShapeException.of(
          "%s: %s must have %d or more axes; %s %s", op, name, rank, name, t.shape());
    }
  }

  /// Checks that an axis of one tensor is as long as an axis of another.
  static void sameSize(
      String op,
      String what,
      String nameA,
      Tensor a,
      int axisA,
      String nameB,
      Tensor b,
      int axisB) {
    if (a.dim(axisA) != b.dim(axisB)) {
      throw ShapeException.of(
          "%s: %s differ; %s %s, %s %s (%d ≠ %d)",
          op, what, nameA, a.shape(), nameB, b.shape(), a.dim(axisA), b.dim(axisB));
    }
  }

  /// Checks that a size that must be a multiple or a bound is positive.
  static void positive(String op, String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(
          "%s: %s must be positive; got %d".formatted(op, name, value));
    }
  }

  static void notNegative(String op, String name, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(
          "%s: %s must not be negative; got %d".formatted(op, name, value));
    }
  }

  /// Checks that all tensors have one floating-point dtype.
  static void floating(String op, Tensor... tensors) {
    DType dtype = tensors[0].dtype();
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException(
          "%s: needs floating-point numbers; got %s".formatted(op, dtype));
    }
    for (Tensor t : tensors) {
      if (t.dtype() != dtype) {
        throw new IllegalArgumentException(
            "%s: dtypes differ; %s and %s. Convert one with to(…)".formatted(op, dtype, t.dtype()));
      }
    }
  }

  /// Checks that indices are I32 and from `least` to `bound − 1`.
  static void indices(String op, String name, Tensor ids, int least, int bound) {
    if (ids.dtype() != DType.I32) {
      throw new IllegalArgumentException(
          "%s: the %s must be I32; got %s. Convert with to(DType.I32)"
              .formatted(op, name, ids.dtype()));
    }
    int[] all = ids.toInts();
    for (int i = 0; i < all.length; i++) {
      if (all[i] < least || all[i] >= bound) {
        throw new IllegalArgumentException(
            "%s: %s hold %d at element %d; the range is [0, %d)"
                .formatted(op, name, all[i], i, bound));
      }
    }
  }
}
