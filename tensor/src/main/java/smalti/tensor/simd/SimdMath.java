package smalti.tensor.simd;

import static jdk.incubator.vector.FloatVector.broadcast;
import static smalti.tensor.simd.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Computes elementary functions of vectors of floats, to within 2 to 4 units in the last place,
/// right also at ±∞, NaN, zeros, denormals and the thresholds of overflow.
///
/// The polynomials are minimax fits of the relative error (Lawson's weighted least squares on
/// Chebyshev nodes, in double) on the interval that each comment names.
///
/// C2 stops inlining methods of ours after some 30 vector operations, and never inlines one of more
/// than 325 bytes of bytecode (a test holds that none is); a vector that crosses a real call is an
/// object. So a function calls others first, and from then on only the Vector API, whose methods
/// are always inlined.
final class SimdMath {
  /// `log₂ e`.
  static final float LOG2_E = 1.44269504f;

  /// `ln 2`.
  static final float LN2 = 0.693147181f;

  private static final float LN2_HIGH = 0.693359375f; // exact in 10 bits
  private static final float LN2_LOW = -2.12194440e-4f;
  private static final float ROUND = 0x1.8p23f; // adding it rounds to an integer
  private static final int ROUND_BITS = 0x4b400000;
  private static final int BIAS = 127; // of exponents
  private static final float ROUND_BIASED = ROUND + BIAS;
  private static final int SIGN = 0x80000000;
  private static final float SQRT_HALF = 0.707106781f;

  private SimdMath() {}

  /// Returns `eˣ = 2ⁿ·eʳ` with `|r| ≤ ln 2 / 2`.
  static FloatVector exp(FloatVector x) {
    FloatVector c = x.blend(89f, x.compare(VectorOperators.GT, 89f));
    c = c.blend(-104f, c.compare(VectorOperators.LT, -104f));
    FloatVector rounded = c.fma(broadcast(FLOATS, LOG2_E), broadcast(FLOATS, ROUND));
    IntVector n = rounded.reinterpretAsInts().sub(ROUND_BITS);
    FloatVector whole = rounded.sub(ROUND);
    FloatVector r = whole.fma(broadcast(FLOATS, -LN2_HIGH), c);
    r = whole.fma(broadcast(FLOATS, -LN2_LOW), r);
    FloatVector p = broadcast(FLOATS, 0.00138146081f); // (eʳ − 1 − r)/r²
    p = p.fma(r, broadcast(FLOATS, 0.00836871099f));
    p = p.fma(r, broadcast(FLOATS, 0.041668389f));
    p = p.fma(r, broadcast(FLOATS, 0.166665211f));
    p = p.fma(r, broadcast(FLOATS, 0.49999994f));
    p = p.fma(r.mul(r), r).add(1f);
    IntVector half = n.lanewise(VectorOperators.ASHR, 1); // two steps reach 2¹²⁸ and denormals
    IntVector rest = n.sub(half);
    FloatVector y = p.mul(half.add(BIAS).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
    return y.mul(rest.add(BIAS).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
  }

  /// Returns `2ˣ` for `x` of at most 127, in half the instructions of [#exp]: `2ⁿ·2ʳ` with `|r| ≤
  /// 1/2`. What would be denormal becomes 0.
  static FloatVector exp2(FloatVector x) {
    FloatVector rounded = x.add(ROUND_BIASED);
    return exp2(x, rounded, rounded, -126);
  }

  /// Returns `2^(x − shift)` for a whole number `shift` of at most 4096 up or down and `x − shift`
  /// of at most 127: the bits of `2ˣ` but for the exponent, whatever the shift.
  static FloatVector exp2(FloatVector x, float shift) {
    FloatVector rounded = x.add(ROUND_BIASED);
    return exp2(x, rounded, rounded.sub(shift), shift - 126);
  }

  /// @param exponents whose low bits are the exponents of results, as floats have them
  /// @param least the least `x` that is not too small
  private static FloatVector exp2(
      FloatVector x, FloatVector rounded, FloatVector exponents, float least) {
    FloatVector r = x.sub(rounded.sub(ROUND_BIASED));
    FloatVector p = broadcast(FLOATS, 0.00132647f); // 2ʳ on [−1/2, 1/2]
    p = p.fma(r, broadcast(FLOATS, 0.00967151f));
    p = p.fma(r, broadcast(FLOATS, 0.05550734f));
    p = p.fma(r, broadcast(FLOATS, 0.24022242f));
    p = p.fma(r, broadcast(FLOATS, 0.69314698f));
    p = p.fma(r, broadcast(FLOATS, 1f));
    IntVector n = exponents.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    FloatVector y = p.mul(n.reinterpretAsFloats());
    return y.blend(0f, x.compare(VectorOperators.LT, least));
  }

  /// Returns `eˣ − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1)`, halved until the end so that 2¹²⁸ fits.
  static FloatVector expm1(FloatVector x) {
    FloatVector c = x.blend(89f, x.compare(VectorOperators.GT, 89f));
    c = c.blend(-26f, c.compare(VectorOperators.LT, -26f));
    FloatVector rounded = c.fma(broadcast(FLOATS, LOG2_E), broadcast(FLOATS, ROUND));
    IntVector half = rounded.reinterpretAsInts().sub(ROUND_BITS + 1);
    FloatVector scale = half.add(BIAS).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    FloatVector whole = rounded.sub(ROUND);
    FloatVector r = whole.fma(broadcast(FLOATS, -LN2_HIGH), c);
    r = whole.fma(broadcast(FLOATS, -LN2_LOW), r);
    FloatVector p = broadcast(FLOATS, 0.00138146081f); // (eʳ − 1 − r)/r²
    p = p.fma(r, broadcast(FLOATS, 0.00836871099f));
    p = p.fma(r, broadcast(FLOATS, 0.041668389f));
    p = p.fma(r, broadcast(FLOATS, 0.166665211f));
    p = p.fma(r, broadcast(FLOATS, 0.49999994f));
    p = p.fma(r.mul(r), r);
    FloatVector y = p.fma(scale, scale.sub(0.5f)).mul(2f);
    return y.blend(x, x.abs().compare(VectorOperators.LT, 1e-7f));
  }

  /// Returns the natural logarithm.
  static FloatVector log(FloatVector x) {
    return log(x, broadcast(FLOATS, 0));
  }

  /// Returns the natural logarithm of `x·2^exponent` for whole exponents, however large that is.
  static FloatVector log(FloatVector x, FloatVector exponent) {
    FloatVector y = logOfPositive(x, exponent);
    y = y.blend(x, x.compare(VectorOperators.GT, Float.MAX_VALUE));
    y = y.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0f));
    return y.blend(Float.NaN, x.compare(VectorOperators.GE, 0f).not());
  }

  /// Returns `ln x = e·ln 2 + ln(1 + f)` with `1 + f` in `[2/3, 4/3)`, for finite `x > 0`, and
  /// exponents that are added to `e`.
  private static FloatVector logOfPositive(FloatVector x, FloatVector exponents) {
    VectorMask<Float> tiny = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
    FloatVector scaled = x.blend(x.mul(0x1p23f), tiny);
    IntVector bits = scaled.reinterpretAsInts();
    IntVector exponent = bits.sub(0x3f2aaaab).lanewise(VectorOperators.ASHR, 23);
    IntVector fraction = bits.sub(exponent.lanewise(VectorOperators.LSHL, 23));
    FloatVector e = exponent.convert(VectorOperators.I2F, 0).reinterpretAsFloats();
    e = e.blend(e.sub(23f), tiny);
    FloatVector f = fraction.reinterpretAsFloats().sub(1f);
    FloatVector p = broadcast(FLOATS, -0.129121631f); // (ln(1 + f) − f)/f² on [−1/3, 1/3]
    p = p.fma(f, broadcast(FLOATS, 0.140046373f));
    p = p.fma(f, broadcast(FLOATS, -0.121800184f));
    p = p.fma(f, broadcast(FLOATS, 0.14002122f));
    p = p.fma(f, broadcast(FLOATS, -0.166807592f));
    p = p.fma(f, broadcast(FLOATS, 0.200106099f));
    p = p.fma(f, broadcast(FLOATS, -0.249997929f));
    p = p.fma(f, broadcast(FLOATS, 0.333332121f));
    p = p.fma(f, broadcast(FLOATS, -0.5f));
    p = p.fma(f.mul(f), f);
    return e.add(exponents).fma(broadcast(FLOATS, LN2), p);
  }

  /// Returns `ln(1 + x)`: the logarithm of `u = 1 + x` as rounded, times `x/(u − 1)` to undo the
  /// rounding (Goldberg 1991, theorem 4).
  static FloatVector log1p(FloatVector x) {
    FloatVector u = x.add(1f);
    FloatVector y = log(u);
    FloatVector d = u.sub(1f);
    FloatVector mended = y.mul(x.div(d));
    VectorMask<Float> small = d.compare(VectorOperators.EQ, 0f);
    VectorMask<Float> normal = u.compare(VectorOperators.LT, 0x1p24f);
    return y.blend(mended, normal).blend(x, small);
  }

  /// Returns `1/(1 + e⁻ˣ)`, as `eˣ/(1 + eˣ)` where `x < 0` so that nothing overflows.
  static FloatVector sigmoid(FloatVector x) {
    FloatVector e = exp(x.abs().neg());
    FloatVector one = broadcast(FLOATS, 1f);
    return one.blend(e, x.compare(VectorOperators.LT, 0f)).div(e.add(one));
  }

  /// Returns the logistic function where it is multiplied by `x` or less: to within 1e-7, and 0
  /// where it would be denormal.
  static FloatVector gate(FloatVector x) {
    FloatVector e = exp2(x.abs().mul(-LOG2_E));
    FloatVector one = broadcast(FLOATS, 1f);
    return one.blend(e, x.compare(VectorOperators.LT, 0f)).div(e.add(one));
  }

  /// Returns `ln(1 + eˣ) = max(x, 0) + ln(1 + e)` with `e = exp(−|x|)`; where `e > 1/3`, `ln(1 + e)
  /// = ln 2 + ln(1 + (e − 1)/2)`.
  static FloatVector softplus(FloatVector x) {
    FloatVector e = exp(x.abs().neg());
    VectorMask<Float> large = e.compare(VectorOperators.GT, 1 / 3f);
    FloatVector f = e.blend(e.sub(1f).mul(0.5f), large);
    FloatVector p = broadcast(FLOATS, -0.129121631f); // (ln(1 + f) − f)/f² on [−1/3, 1/3]
    p = p.fma(f, broadcast(FLOATS, 0.140046373f));
    p = p.fma(f, broadcast(FLOATS, -0.121800184f));
    p = p.fma(f, broadcast(FLOATS, 0.14002122f));
    p = p.fma(f, broadcast(FLOATS, -0.166807592f));
    p = p.fma(f, broadcast(FLOATS, 0.200106099f));
    p = p.fma(f, broadcast(FLOATS, -0.249997929f));
    p = p.fma(f, broadcast(FLOATS, 0.333332121f));
    p = p.fma(f, broadcast(FLOATS, -0.5f));
    p = p.fma(f.mul(f), f);
    return p.blend(p.add(LN2), large).add(x.max(0f));
  }

  /// Returns the hyperbolic tangent: a polynomial on `|x| < 0.625`, `1 − 2/(e²ˣ + 1)` beyond.
  static FloatVector tanh(FloatVector x) {
    FloatVector a = x.abs();
    FloatVector far = exp(a.add(a)).add(1f);
    far = broadcast(FLOATS, 1f).sub(broadcast(FLOATS, 2f).div(far));
    IntVector sign = x.reinterpretAsInts().and(SIGN);
    far = far.reinterpretAsInts().or(sign).reinterpretAsFloats();
    FloatVector t = x.mul(x);
    FloatVector p = broadcast(FLOATS, -0.00566698052f); // (tanh x − x)/x³
    p = p.fma(t, broadcast(FLOATS, 0.0206061807f));
    p = p.fma(t, broadcast(FLOATS, -0.0537300073f));
    p = p.fma(t, broadcast(FLOATS, 0.133313313f));
    p = p.fma(t, broadcast(FLOATS, -0.333332777f));
    FloatVector near = p.mul(t).fma(x, x);
    return near.blend(far, a.compare(VectorOperators.GT, 0.625f));
  }

  /// Returns the error function: a polynomial on `|x| < 0.95`, `1 − exp(polynomial)` beyond.
  static FloatVector erf(FloatVector x) {
    FloatVector a = x.abs();
    FloatVector b = a.blend(4f, a.compare(VectorOperators.GT, 4f));
    FloatVector q = broadcast(FLOATS, 0.000194778651f); // ln erfc x on [0.93, 4]
    q = q.fma(b, broadcast(FLOATS, -0.00303182867f));
    q = q.fma(b, broadcast(FLOATS, 0.0221814197f));
    q = q.fma(b, broadcast(FLOATS, -0.103836969f));
    q = q.fma(b, broadcast(FLOATS, -0.637290359f));
    q = q.fma(b, broadcast(FLOATS, -1.12761128f));
    q = q.fma(b, broadcast(FLOATS, -0.000211304025f));
    FloatVector far = broadcast(FLOATS, 1f).sub(exp(q));
    IntVector sign = x.reinterpretAsInts().and(SIGN);
    far = far.reinterpretAsInts().or(sign).reinterpretAsFloats();
    FloatVector t = x.mul(x);
    FloatVector p = broadcast(FLOATS, -0.000586221402f); // erf x/x − 1
    p = p.fma(t, broadcast(FLOATS, 0.00496754004f));
    p = p.fma(t, broadcast(FLOATS, -0.0267488938f));
    p = p.fma(t, broadcast(FLOATS, 0.112813219f));
    p = p.fma(t, broadcast(FLOATS, -0.376124471f));
    p = p.fma(t, broadcast(FLOATS, 0.128379136f));
    FloatVector near = p.fma(x, x);
    return near.blend(far, a.compare(VectorOperators.GT, 0.95f));
  }

  /// Returns `exp(−x²/2)`, which [#normalCdf] wants.
  static FloatVector bell(FloatVector x) {
    return exp2(x.mul(x).mul(-0.5f * LOG2_E));
  }

  /// Returns the distribution function of the standard normal distribution, to within 6e-8. With `z
  /// = |x|/√2` and `t = 1/(1 + 0.4·z)`, `erfc z = t·P(t)·exp(−z²)` (the form of Abramowitz and
  /// Stegun 7.1.26).
  ///
  /// @param bell `exp(−x²/2)`
  static FloatVector normalCdf(FloatVector x, FloatVector bell) {
    FloatVector t = x.abs().mul(0.4f * SQRT_HALF).add(1f);
    t = broadcast(FLOATS, 1f).div(t);
    FloatVector p = broadcast(FLOATS, -0.200259835f); // fitted on z in [0, 5]
    p = p.fma(t, broadcast(FLOATS, 0.709149718f));
    p = p.fma(t, broadcast(FLOATS, -0.370911866f));
    p = p.fma(t, broadcast(FLOATS, 0.468277335f));
    p = p.fma(t, broadcast(FLOATS, 0.161822289f));
    p = p.fma(t, broadcast(FLOATS, 0.231922299f));
    FloatVector tail = p.mul(t).mul(bell).mul(0.5f);
    FloatVector rest = broadcast(FLOATS, 1f).sub(tail);
    return rest.blend(tail, x.compare(VectorOperators.LT, 0f));
  }
}
