package smalti.nn.precision;

import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Is a binary floating-point format of at most 16 bits, laid out as in IEEE 754: sign, exponent,
/// mantissa; exponent 0 holds zero and subnormal numbers, the largest exponent infinity and NaN. A
/// format without a sign has no negative numbers: they become NaN.
///
/// Rounding is to nearest, ties to even. Numbers beyond the largest become infinite, unless they
/// are [#saturated] before.
///
/// @param signBits 1, or 0 for a format without sign
/// @param exponentBits width of the exponent
/// @param mantissaBits width of the mantissa
/// @param bias of the exponent
public record FloatFormat(int signBits, int exponentBits, int mantissaBits, int bias) {
  /// IEEE 754 binary16: activations, gradients and matrices of residual branches.
  public static final FloatFormat FP16 = new FloatFormat(1, 5, 10, 15);

  /// 1-6-9: Adam's mean.
  public static final FloatFormat F1_6_9 = new FloatFormat(1, 6, 9, 31);

  /// 0-6-10: Adam's variance.
  public static final FloatFormat F0_6_10 = new FloatFormat(0, 6, 10, 31);

  /// 1-6-9 with the largest number just under 16: PowerSGD's error buffers.
  public static final FloatFormat ERROR_BUFFER = new FloatFormat(1, 6, 9, 59);

  /// Checks that codes fit into 16 bits and numbers into a float.
  ///
  /// @throws IllegalArgumentException if they do not
  public FloatFormat {
    boolean wide = signBits + exponentBits + mantissaBits <= 16;
    if (signBits < 0 || signBits > 1 || exponentBits < 2 || mantissaBits < 1 || !wide) {
      throw new IllegalArgumentException(
          "FloatFormat: needs 0 or 1 sign bits, 2 exponent bits, 1 mantissa bit and at most 16 in"
              + " all; got %d-%d-%d".formatted(signBits, exponentBits, mantissaBits));
    }
    int least = 1 - bias - mantissaBits;
    int most = (1 << exponentBits) - 2 - bias;
    if (least < -149 || most > 127) {
      throw new IllegalArgumentException(
          "FloatFormat: bias %d puts numbers out of a float's range: 2^%d to 2^%d"
              .formatted(bias, least, most));
    }
  }

  /// Returns the format with another bias.
  public FloatFormat withBias(int other) {
    return new FloatFormat(signBits, exponentBits, mantissaBits, other);
  }

  /// Returns the number of codes.
  public int codes() {
    return 1 << signBits + exponentBits + mantissaBits;
  }

  private int infinity() {
    return (1 << exponentBits) - 1 << mantissaBits;
  }

  /// Returns the largest finite number.
  public float largest() {
    return decode(infinity() - 1);
  }

  /// Returns the smallest positive number whose mantissa has all its bits.
  public float smallestNormal() {
    return decode(1 << mantissaBits);
  }

  /// Returns the smallest positive number.
  public float smallest() {
    return decode(1);
  }

  /// Returns the number of a code.
  ///
  /// @throws IllegalArgumentException if it is not a code of this format
  public float decode(int code) {
    if (code < 0 || code >= codes()) {
      throw new IllegalArgumentException(
          "FloatFormat: codes are 0 to %d; got %d".formatted(codes() - 1, code));
    }
    int magnitude = code & (1 << exponentBits + mantissaBits) - 1;
    float sign = magnitude == code ? 1 : -1;
    if (magnitude >= infinity()) {
      return magnitude == infinity() ? sign * Float.POSITIVE_INFINITY : Float.NaN;
    }
    int exponent = Math.max(1, magnitude >> mantissaBits);
    int significand = magnitude - (exponent - 1 << mantissaBits);
    return sign * Math.scalb((float) significand, exponent - bias - mantissaBits);
  }

  /// Returns the code of the number of this format that is nearest.
  public int encode(float x) {
    int sign = signBits << exponentBits + mantissaBits;
    if (Float.isNaN(x) || x < 0 && signBits == 0) {
      return infinity() | 1 << mantissaBits - 1;
    }
    int code = encodeMagnitude(Math.abs((double) x));
    return signBits == 1 && Float.floatToRawIntBits(x) < 0 ? code | sign : code;
  }

  private int encodeMagnitude(double x) {
    if (Double.isInfinite(x)) {
      return infinity();
    }
    int exponent = Math.max(1 - bias, Math.getExponent(x));
    double steps = Math.rint(Math.scalb(x, mantissaBits - exponent)); // to nearest, ties to even
    // A sum that carries into the exponent is the next binade's first number, and infinity at last.
    long code = ((long) (exponent + bias - 1) << mantissaBits) + (long) steps;
    return (int) Math.min(code, infinity());
  }

  /// Returns the number of this format that is nearest.
  public float round(float x) {
    return equals(FP16) ? Float.float16ToFloat(Float.floatToFloat16(x)) : decode(encode(x));
  }

  /// Returns the number of this format that is nearest, the largest for those beyond it.
  public float saturated(float x) {
    return round(Math.clamp(x, signBits == 1 ? -largest() : 0, largest()));
  }

  /// Rounds the elements of an F32 tensor in place.
  ///
  /// @param saturate whether numbers beyond the largest become the largest
  public void round(Tensor t, boolean saturate) {
    float[] a = array(t);
    int from = t.layout().offset();
    float most = largest();
    float least = signBits == 1 ? -most : 0;
    for (int i = from; i < from + t.elements(); i++) {
      a[i] = round(saturate ? Math.clamp(a[i], least, most) : a[i]);
    }
  }

  /// Returns the array of a contiguous F32 tensor.
  static float[] array(Tensor t) {
    if (t.storage() instanceof Storage.F32(float[] a) && t.isContiguous()) {
      return a;
    }
    throw new IllegalArgumentException(
        "16-bit numbers are emulated on contiguous F32 tensors in Java's heap; got "
            + t.dtype()
            + " "
            + t.layout());
  }
}
