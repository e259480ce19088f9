package smalti.bench;

import java.util.Arrays;
import java.util.List;

/// Says how far the numbers of two implementations are apart: the largest difference of two numbers
/// of an array, relative to the largest number of that array; infinite where arrays do not fit or
/// hold NaN.
///
/// @param most of the array that differs most
/// @param typical of the array that nine of ten do not exceed
record Difference(double most, double typical) {
  /// The largest difference that rounding explains: whole models sum in many orders.
  private static final double ROUNDING = 2e-3;

  /// The same for the few arrays whose gradients jump: one more of some thousand positions counts
  /// where a ReLU's input is on the other side of 0.
  private static final double JUMP = 0.1;

  static Difference of(List<float[]> ours, List<float[]> theirs) {
    if (ours.size() != theirs.size() || ours.isEmpty()) {
      return new Difference(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
    }
    double[] each = new double[ours.size()];
    for (int i = 0; i < each.length; i++) {
      each[i] = of(ours.get(i), theirs.get(i));
    }
    Arrays.sort(each);
    return new Difference(each[each.length - 1], each[(each.length - 1) * 9 / 10]);
  }

  /// Returns whether rounding can be the reason.
  ///
  /// @param kinks whether gradients may jump
  boolean isRounding(boolean kinks) {
    return kinks ? most < JUMP && typical < ROUNDING : most < ROUNDING;
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
