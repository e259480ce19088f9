package smalti.tensor;

import smalti.tensor.memory.Recycler;

/// Owns the numbers of one or more tensors, as one flat array.
///
/// Host storages are plain Java arrays (`docs/decisions` says why not memory segments). A backend
/// for another device brings its own [DeviceStorage].
public sealed interface Storage {

  /// Returns the kind of numbers.
  DType dtype();

  /// Returns the number of elements.
  int length();

  /// Returns an element as a double.
  double get(int index);

  /// Stores a value, rounded to the storage's dtype.
  void set(int index, double value);

  /// Holds 32-bit floats.
  ///
  /// @param array the numbers, not copied
  record F32(float[] array) implements Storage {
    @Override
    public DType dtype() {
      return DType.F32;
    }

    @Override
    public int length() {
      return array.length;
    }

    @Override
    public double get(int index) {
      return array[index];
    }

    @Override
    public void set(int index, double value) {
      array[index] = (float) value;
    }
  }

  /// Holds 64-bit floats.
  ///
  /// @param array the numbers, not copied
  record F64(double[] array) implements Storage {
    @Override
    public DType dtype() {
      return DType.F64;
    }

    @Override
    public int length() {
      return array.length;
    }

    @Override
    public double get(int index) {
      return array[index];
    }

    @Override
    public void set(int index, double value) {
      array[index] = value;
    }
  }

  /// Holds 32-bit integers.
  ///
  /// @param array the numbers, not copied
  record I32(int[] array) implements Storage {
    @Override
    public DType dtype() {
      return DType.I32;
    }

    @Override
    public int length() {
      return array.length;
    }

    @Override
    public double get(int index) {
      return array[index];
    }

    @Override
    public void set(int index, double value) {
      array[index] = (int) value;
    }
  }

  /// Holds IEEE 754 half-precision floats.
  ///
  /// @param array the bit patterns, not copied
  record F16(short[] array) implements Storage {
    @Override
    public DType dtype() {
      return DType.F16;
    }

    @Override
    public int length() {
      return array.length;
    }

    @Override
    public double get(int index) {
      return Float.float16ToFloat(array[index]);
    }

    @Override
    public void set(int index, double value) {
      array[index] = Float.floatToFloat16(narrowed(value));
    }
  }

  /// Holds bfloat16 floats, rounded to nearest, ties to even.
  ///
  /// @param array the bit patterns, not copied
  record BF16(short[] array) implements Storage {
    @Override
    public DType dtype() {
      return DType.BF16;
    }

    @Override
    public int length() {
      return array.length;
    }

    @Override
    public double get(int index) {
      return Float.intBitsToFloat(array[index] << 16);
    }

    @Override
    public void set(int index, double value) {
      int bits = Float.floatToRawIntBits(narrowed(value));
      if (Double.isNaN(value)) {
        array[index] = (short) 0x7fc0;
      } else {
        array[index] = (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
      }
    }
  }

  /// Rounds a double to a float such that rounding the float further, to half the width, gives what
  /// rounding the double itself would: an inexact result is made odd in its last bit, so that it is
  /// never mistaken for a tie.
  private static float narrowed(double value) {
    float nearest = (float) value;
    if (nearest == value || Double.isNaN(value)) {
      return nearest;
    }
    float inner = Math.abs(nearest) > Math.abs(value) ? towardsZero(nearest) : nearest;
    return Float.intBitsToFloat(Float.floatToRawIntBits(inner) | 1);
  }

  private static float towardsZero(float x) {
    return Float.intBitsToFloat(Float.floatToRawIntBits(x) - 1);
  }

  /// Is implemented by storages that live on another device.
  non-sealed interface DeviceStorage extends Storage {
    /// Returns a copy of consecutive numbers, fetched at once.
    float[] floats(int from, int count);
  }

  /// Returns a new storage of zeros.
  static Storage allocate(DType dtype, int length) {
    return switch (dtype) {
      case F32 -> new F32(Recycler.zeros(length));
      case F64 -> new F64(new double[length]);
      case I32 -> new I32(new int[length]);
      case F16 -> new F16(new short[length]);
      case BF16 -> new BF16(new short[length]);
    };
  }
}
