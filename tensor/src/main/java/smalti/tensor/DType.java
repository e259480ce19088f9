package smalti.tensor;

/// Names the kinds of numbers that a tensor holds.
///
/// Arithmetic is done in [#F32]; [#F64] serves gradient checks, [#I32] tokens and indices, and
/// [#F16] and [#BF16] are storage only. There is no implicit promotion: an operation on two dtypes
/// is an error that names both.
public enum DType {
  /// IEEE 754 binary32, the dtype of models and training.
  F32(4),
  /// IEEE 754 binary64, the dtype of gradient checks.
  F64(8),
  /// 32-bit signed integers: token ids, class labels, indices.
  I32(4),
  /// IEEE 754 binary16, for storage.
  F16(2),
  /// bfloat16, the upper half of a binary32, for storage.
  BF16(2);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /// Returns the size of one element in bytes.
  public int bytes() {
    return bytes;
  }

  /// Returns whether the numbers are floating-point, so that gradients exist.
  public boolean isFloating() {
    return this != I32;
  }
}
