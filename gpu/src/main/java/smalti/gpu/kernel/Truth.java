package smalti.gpu.kernel;

/// Writes conditions as numbers, 1 for true.
///
/// TornadoVM 5.2 may write wrong OpenCL C where a condition has `&&` or `||`, or hangs on a value
/// that another branch set to a constant: the compiler joins the jumps, and its output, which has
/// no goto, then runs a branch that it should skip. So kernels decide by one plain comparison, and
/// whatever is more than that is computed here without a branch.
///
/// `>>` and `>>>` are one: both bring in the sign's bit in OpenCL C and zeros in PTX, so what they
/// bring in is masked. And `a <= b` is written as `!(b < a)`, which is true of NaN: compare by `<`
/// and `==`.
final class Truth {
  private Truth() {}

  /// Returns whether `a < b`; their difference must not overflow.
  static int less(int a, int b) {
    return ((a - b) >> 31) & 1;
  }

  /// Returns whether `0 ≤ a < n`.
  static int within(int a, int n) {
    return ~(a >> 31) & ((a - n) >> 31) & 1;
  }

  /// Returns whether `a > b`, where NaN is larger than any number.
  static int larger(float a, float b) {
    int more = a > b ? 1 : 0;
    int numberA = a == a ? 1 : 0;
    int numberB = b == b ? 1 : 0;
    return more | ((1 - numberA) & numberB);
  }
}
