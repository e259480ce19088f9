package smalti.bench;

import java.util.List;

/// Compares the numbers of two implementations.
final class Difference {
  /// The largest difference that rounding explains: whole models sum in many orders.
  static final double MOST = 2e-3;

  private Difference() {}

  /// Returns the largest difference of two numbers, relative to the largest number of its array;
  /// infinite where arrays do not fit or hold NaN.
  static double of(List<float[]> ours, List<float[]> theirs) {
    if (ours.size() != theirs.size()) {
      return Double.POSITIVE_INFINITY;
    }
    double worst = 0;
    for (int i = 0; i < ours.size(); i++) {
      worst = Math.max(worst, of(ours.get(i), theirs.get(i)));
    }
    return worst;
  }

  private static double of(float[] a, float[] b) {
    if (a.length != b.length) {
      return Double.POSITIVE_INFINITY;
    }
    double largest = 0;
    double apart = 0;
    for (int i = 0; i < a.length; i++) {
      if (Float.isNaN(a[i]) || Float.isNaN(b[i])) {
        return Double.POSITIVE_INFINITY;
      }
      largest = Math.max(largest, Math.abs(a[i]));
      apart = Math.max(apart, Math.abs((double) a[i] - b[i]));
    }
    return apart == 0 ? 0 : apart / largest;
  }
}
