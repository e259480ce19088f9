package smalti.tensor.reference;

import smalti.tensor.DType;
import smalti.tensor.Tensor;
import smalti.tensor.backend.ReduceOp;

/// Defines the reductions.
final class ReferenceReduction {
  private ReferenceReduction() {}

  /// Expands the double-precision sums back to the shape of `x`: all elements of `x` that reduce to
  /// one number then share one place, to which they are added in row-major order.
  static void reduce(ReduceOp op, Tensor x, Tensor out) {
    double identity =
        switch (op) {
          case SUM -> 0;
          case MAX -> Double.NEGATIVE_INFINITY;
          case MIN -> Double.POSITIVE_INFINITY;
        };
    Tensor result = Tensor.zeros(out.shape(), DType.F64);
    ReferenceElementwise.fill(identity, result);
    Elements xs = Elements.of(x);
    Elements shared = Elements.of(result.expand(x.shape()));
    for (int i = 0; i < x.elements(); i++) {
      double soFar = shared.get(i);
      double value = xs.get(i);
      shared.set(
          i,
          switch (op) {
            case SUM -> soFar + value;
            case MAX -> Math.max(soFar, value);
            case MIN -> Math.min(soFar, value);
          });
    }
    ReferenceElementwise.copy(result, out);
  }

  static void argmax(Tensor x, Tensor out) {
    int columns = x.dim(-1);
    Elements xs = Elements.of(x);
    Elements to = Elements.of(out);
    for (int row = 0; row < Elements.rows(x); row++) {
      int best = 0;
      for (int c = 1; c < columns; c++) {
        if (isLarger(xs.get(row * columns + c), xs.get(row * columns + best))) {
          best = c;
        }
      }
      to.set(row, best);
    }
  }

  /// Returns whether `a > b`, where NaN is larger than any number.
  static boolean isLarger(double a, double b) {
    return a > b || Double.isNaN(a) && !Double.isNaN(b);
  }
}
