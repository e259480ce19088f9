package smalti.tensor.io.torch;

/// Names the kinds of numbers that a torch storage holds, as safetensors spell them.
public enum Kind {
  /// 64-bit floats.
  F64(8),
  /// 32-bit floats.
  F32(4),
  /// IEEE 754 half-precision floats.
  F16(2),
  /// bfloat16.
  BF16(2),
  /// 64-bit signed integers.
  I64(8),
  /// 32-bit signed integers.
  I32(4),
  /// 16-bit signed integers.
  I16(2),
  /// 8-bit signed integers.
  I8(1),
  /// 8-bit unsigned integers.
  U8(1),
  /// Booleans, one byte each.
  BOOL(1);

  private final int bytes;

  Kind(int bytes) {
    this.bytes = bytes;
  }

  /// Returns the size of one element in bytes.
  int bytes() {
    return bytes;
  }
}
