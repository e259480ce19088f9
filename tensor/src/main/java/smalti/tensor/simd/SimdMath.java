package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.allInts;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Computes elementary functions of vectors of floats, to within 2 to 4 units in the last place,
/// right also at ±∞, NaN, zeros, denormals and the thresholds of overflow.
///
/// The polynomials are minimax fits of the relative error (Lawson's weighted least squares on
/// Chebyshev nodes, in double) on the interval that each comment names.
final class SimdMath {
  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f; // exact in 10 bits
  private static final float LN2_LOW = -2.12194440e-4f;
  private static final float LN2 = 0.693147181f;
  private static final float ROUND = 0x1.8p23f; // adding it rounds to an integer
  private static final int SIGN = 0x80000000;

  private SimdMath() {}

  private static FloatVector horner(FloatVector p, FloatVector x, float c) {
    return p.fma(x, all(c));
  }

  /// Returns `eˣ = 2ⁿ·eʳ` with `|r| ≤ ln 2 / 2`.
  static FloatVector exp(FloatVector x) {
    FloatVector c = x.blend(89f, x.compare(VectorOperators.GT, 89f));
    c = c.blend(-104f, c.compare(VectorOperators.LT, -104f));
    FloatVector rounded = c.fma(all(LOG2_E), all(ROUND));
    IntVector n = rounded.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUND));
    FloatVector whole = rounded.sub(ROUND);
    FloatVector r = whole.fma(all(-LN2_HIGH), c);
    r = whole.fma(all(-LN2_LOW), r);
    FloatVector p = all(0.00138146081f); // (eʳ − 1 − r)/r²
    p = horner(p, r, 0.00836871099f);
    p = horner(p, r, 0.041668389f);
    p = horner(p, r, 0.166665211f);
    p = horner(p, r, 0.49999994f);
    p = p.fma(r.mul(r), r).add(1f);
    IntVector half = n.lanewise(VectorOperators.ASHR, 1); // two steps reach 2¹²⁸ and denormals
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(n.sub(half)));
  }

  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  /// Returns `ln x = e·ln 2 + ln(1 + f)` with `1 + f` in `[2/3, 4/3)`.
  static FloatVector log(FloatVector x) {
    VectorMask<Float> tiny = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
    FloatVector scaled = x.blend(x.mul(0x1p23f), tiny);
    IntVector bits = scaled.reinterpretAsInts();
    IntVector exponent = bits.sub(0x3f2aaaab).lanewise(VectorOperators.ASHR, 23);
    IntVector fraction = bits.sub(exponent.lanewise(VectorOperators.LSHL, 23));
    FloatVector e = exponent.convert(VectorOperators.I2F, 0).reinterpretAsFloats();
    e = e.blend(e.sub(23f), tiny);
    FloatVector y = e.fma(all(LN2), log1pOfFraction(fraction.reinterpretAsFloats().sub(1f)));
    y = y.blend(x, x.compare(VectorOperators.GT, Float.MAX_VALUE).or(x.compare(VectorOperators.NE, x)));
    y = y.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0f));
    return y.blend(Float.NaN, x.compare(VectorOperators.LT, 0f));
  }

  /// Returns `ln(1 + f)` for `|f| ≤ 1/3`.
  private static FloatVector log1pOfFraction(FloatVector f) {
    FloatVector p = all(-0.129121631f); // (ln(1 + f) − f + f²/2)/f³
    p = horner(p, f, 0.140046373f);
    p = horner(p, f, -0.121800184f);
    p = horner(p, f, 0.14002122f);
    p = horner(p, f, -0.166807592f);
    p = horner(p, f, 0.200106099f);
    p = horner(p, f, -0.249997929f);
    p = horner(p, f, 0.333332121f);
    p = horner(p, f, -0.5f);
    return p.fma(f.mul(f), f);
  }

  /// Returns `ln(1 + x)`: the logarithm of `u = 1 + x` as rounded, times `x/(u − 1)` to undo the
  /// rounding (Goldberg 1991, theorem 4).
  static FloatVector log1p(FloatVector x) {
    FloatVector u = x.add(1f);
    FloatVector d = u.sub(1f);
    FloatVector y = log(u);
    FloatVector mended = y.mul(x.div(d));
    VectorMask<Float> small = d.compare(VectorOperators.EQ, 0f);
    VectorMask<Float> normal = u.compare(VectorOperators.LT, 0x1p24f);
    return y.blend(mended, normal).blend(x, small);
  }

  /// Returns `eˣ − 1`: `2ⁿ·(eʳ − 1) + (2ⁿ − 1)`, with the polynomial of [#exp].
  static FloatVector expm1(FloatVector x) {
    FloatVector c = x.blend(88f, x.compare(VectorOperators.GT, 88f));
    c = c.blend(-26f, c.compare(VectorOperators.LT, -26f));
    FloatVector rounded = c.fma(all(LOG2_E), all(ROUND));
    IntVector n = rounded.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUND));
    FloatVector whole = rounded.sub(ROUND);
    FloatVector r = whole.fma(all(-LN2_HIGH), c);
    r = whole.fma(all(-LN2_LOW), r);
    FloatVector p = all(0.00138146081f);
    p = horner(p, r, 0.00836871099f);
    p = horner(p, r, 0.041668389f);
    p = horner(p, r, 0.166665211f);
    p = horner(p, r, 0.49999994f);
    p = p.fma(r.mul(r), r);
    FloatVector scale = powerOfTwo(n);
    FloatVector y = p.fma(scale, scale.sub(1f));
    y = y.blend(exp(x), x.compare(VectorOperators.GT, 20f));
    return y.blend(x, x.abs().compare(VectorOperators.LT, 1e-7f));
  }

  /// Returns `1/(1 + e⁻ˣ)`, as `eˣ/(1 + eˣ)` where `x < 0` so that nothing overflows.
  static FloatVector sigmoid(FloatVector x) {
    FloatVector e = exp(x.abs().neg());
    return all(1f).blend(e, x.compare(VectorOperators.LT, 0f)).div(e.add(1f));
  }

  /// Returns `ln(1 + eˣ)`.
  static FloatVector softplus(FloatVector x) {
    return log1p(exp(x.abs().neg())).add(x.max(0f));
  }

  /// Returns the hyperbolic tangent: a polynomial on `|x| < 0.625`, `1 − 2/(e²ˣ + 1)` beyond.
  static FloatVector tanh(FloatVector x) {
    FloatVector a = x.abs();
    FloatVector t = x.mul(x);
    FloatVector p = all(-0.00566698052f); // (tanh x − x)/x³
    p = horner(p, t, 0.0206061807f);
    p = horner(p, t, -0.0537300073f);
    p = horner(p, t, 0.133313313f);
    p = horner(p, t, -0.333332777f);
    FloatVector near = p.mul(t).fma(x, x);
    FloatVector far = withSign(all(1f).sub(all(2f).div(exp(a.add(a)).add(1f))), x);
    return near.blend(far, a.compare(VectorOperators.GT, 0.625f));
  }

  /// Returns the error function: a polynomial on `|x| < 0.95`, `1 − exp(polynomial)` beyond.
  static FloatVector erf(FloatVector x) {
    FloatVector a = x.abs();
    FloatVector t = x.mul(x);
    FloatVector p = all(-0.000586221402f); // erf x/x − 1
    p = horner(p, t, 0.00496754004f);
    p = horner(p, t, -0.0267488938f);
    p = horner(p, t, 0.112813219f);
    p = horner(p, t, -0.376124471f);
    p = horner(p, t, 0.128379136f);
    FloatVector near = p.fma(x, x);
    FloatVector b = a.blend(4f, a.compare(VectorOperators.GT, 4f));
    FloatVector q = all(0.000194778651f); // ln erfc x on [0.93, 4]
    q = horner(q, b, -0.00303182867f);
    q = horner(q, b, 0.0221814197f);
    q = horner(q, b, -0.103836969f);
    q = horner(q, b, -0.637290359f);
    q = horner(q, b, -1.12761128f);
    q = horner(q, b, -0.000211304025f);
    FloatVector far = withSign(all(1f).sub(exp(q)), x);
    return near.blend(far, a.compare(VectorOperators.GT, 0.95f));
  }

  /// Returns a vector of positive numbers with the signs of another.
  private static FloatVector withSign(FloatVector magnitude, FloatVector sign) {
    IntVector bit = sign.reinterpretAsInts().and(allInts(SIGN));
    return magnitude.reinterpretAsInts().or(bit).reinterpretAsFloats();
  }
}
