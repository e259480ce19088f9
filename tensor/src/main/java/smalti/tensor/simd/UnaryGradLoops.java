package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import smalti.tensor.backend.UnaryOp;

/// Computes gradients of functions of one argument for whole vectors: `n` is a multiple of
/// [Lanes#COUNT]. Each loop reads the argument `x` or the value `y`, whichever it needs.
final class UnaryGradLoops {
  private static final float SQRT_2_OVER_PI = 0.797884561f;
  private static final float TWO_OVER_SQRT_PI = 1.12837917f;
  private static final float ONE_OVER_SQRT_2PI = 0.398942280f;

  private UnaryGradLoops() {}

  static void run(
      UnaryOp op,
      float[] x,
      int xAt,
      float[] y,
      int yAt,
      float[] d,
      int dAt,
      float[] dx,
      int dxAt,
      int n) {
    switch (op) {
      case NEG -> neg(d, dAt, dx, dxAt, n);
      case ABS -> abs(x, xAt, d, dAt, dx, dxAt, n);
      case RECIPROCAL -> reciprocal(y, yAt, d, dAt, dx, dxAt, n);
      case SQUARE -> square(x, xAt, d, dAt, dx, dxAt, n);
      case SQRT -> sqrt(y, yAt, d, dAt, dx, dxAt, n);
      case RSQRT -> rsqrt(y, yAt, d, dAt, dx, dxAt, n);
      case RELU -> relu(x, xAt, d, dAt, dx, dxAt, n);
      case EXP -> exp(y, yAt, d, dAt, dx, dxAt, n);
      case EXPM1 -> expm1(y, yAt, d, dAt, dx, dxAt, n);
      case LOG -> log(x, xAt, d, dAt, dx, dxAt, n);
      case LOG1P -> log1p(x, xAt, d, dAt, dx, dxAt, n);
      case TANH -> tanh(y, yAt, d, dAt, dx, dxAt, n);
      case SIGMOID -> sigmoid(y, yAt, d, dAt, dx, dxAt, n);
      case SOFTPLUS -> softplus(x, xAt, d, dAt, dx, dxAt, n);
      case ERF -> erf(x, xAt, d, dAt, dx, dxAt, n);
      case GELU -> gelu(x, xAt, d, dAt, dx, dxAt, n);
      case GELU_TANH -> geluTanh(x, xAt, d, dAt, dx, dxAt, n);
      case QUICK_GELU -> quickGelu(x, xAt, d, dAt, dx, dxAt, n);
      case SILU -> silu(x, xAt, d, dAt, dx, dxAt, n);
      case SIN, COS -> throw new AssertionError(op);
    }
  }

  /// Returns 1, −1, or the argument itself where it is 0 or NaN.
  private static FloatVector sign(FloatVector x) {
    return x.blend(1f, x.compare(VectorOperators.GT, 0f))
        .blend(-1f, x.compare(VectorOperators.LT, 0f));
  }

  private static FloatVector step(FloatVector x) {
    return all(0f).blend(1f, x.compare(VectorOperators.GT, 0f));
  }

  private static FloatVector erfSlope(FloatVector x) {
    return SimdMath.exp(x.mul(x).neg()).mul(TWO_OVER_SQRT_PI);
  }

  /// Returns `Φ(x) + x·φ(x)`.
  private static FloatVector geluSlope(FloatVector x) {
    FloatVector bell = SimdMath.bell(x);
    FloatVector cdf = SimdMath.normalCdf(x, bell);
    return bell.mul(ONE_OVER_SQRT_2PI).fma(x, cdf);
  }

  /// Returns the slope of `x·σ(2u)`, `u = √(2/π)·(x + 0.044715·x³)`, which is that of `x·(1 + tanh
  /// u)/2`.
  private static FloatVector geluTanhSlope(FloatVector x) {
    FloatVector near = x.blend(15f, x.compare(VectorOperators.GT, 15f)); // σ is 0 or 1 beyond
    near = near.blend(-15f, near.compare(VectorOperators.LT, -15f));
    FloatVector square = near.mul(near);
    FloatVector cubic = square.mul(0.044715f).add(1f).mul(near);
    FloatVector y = SimdMath.gate(cubic.mul(2 * SQRT_2_OVER_PI));
    FloatVector bend = square.mul(3 * 0.044715f).add(1f).mul(2 * SQRT_2_OVER_PI);
    return y.neg().add(1f).mul(y).mul(bend).mul(x).add(y);
  }

  /// Returns the slope of `x·σ(s·x)`.
  private static FloatVector siluSlope(FloatVector x, float s) {
    FloatVector z = x.mul(s);
    FloatVector y = SimdMath.gate(z);
    return y.neg().add(1f).mul(y).mul(z).add(y);
  }

  private static void neg(float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector d = load(ds, dAt + i);
      d.neg().intoArray(dx, dxAt + i);
    }
  }

  private static void abs(float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      sign(x).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void reciprocal(
      float[] ys, int yAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector y = load(ys, yAt + i);
      FloatVector d = load(ds, dAt + i);
      y.mul(y).neg().mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void square(
      float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      x.add(x).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void sqrt(float[] ys, int yAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector y = load(ys, yAt + i);
      FloatVector d = load(ds, dAt + i);
      all(0.5f).div(y).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void rsqrt(float[] ys, int yAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector y = load(ys, yAt + i);
      FloatVector d = load(ds, dAt + i);
      y.mul(y).mul(y).mul(-0.5f).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void relu(float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      step(x).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void exp(float[] ys, int yAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector y = load(ys, yAt + i);
      FloatVector d = load(ds, dAt + i);
      y.mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void expm1(float[] ys, int yAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector y = load(ys, yAt + i);
      FloatVector d = load(ds, dAt + i);
      y.add(1f).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void log(float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      d.div(x).intoArray(dx, dxAt + i);
    }
  }

  private static void log1p(float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      d.div(x.add(1f)).intoArray(dx, dxAt + i);
    }
  }

  private static void tanh(float[] ys, int yAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector y = load(ys, yAt + i);
      FloatVector d = load(ds, dAt + i);
      y.neg().fma(y, all(1f)).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void sigmoid(
      float[] ys, int yAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector y = load(ys, yAt + i);
      FloatVector d = load(ds, dAt + i);
      y.mul(all(1f).sub(y)).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void softplus(
      float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      SimdMath.sigmoid(x).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void erf(float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      erfSlope(x).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void gelu(float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      geluSlope(x).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void geluTanh(
      float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      geluTanhSlope(x).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void quickGelu(
      float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      siluSlope(x, 1.702f).mul(d).intoArray(dx, dxAt + i);
    }
  }

  private static void silu(float[] xs, int xAt, float[] ds, int dAt, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      FloatVector d = load(ds, dAt + i);
      siluSlope(x, 1f).mul(d).intoArray(dx, dxAt + i);
    }
  }
}
