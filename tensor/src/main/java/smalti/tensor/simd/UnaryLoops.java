package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.load;

import jdk.incubator.vector.FloatVector;
import smalti.tensor.backend.UnaryOp;

/// Computes functions of one argument for whole vectors: `n` is a multiple of [Lanes#COUNT].
final class UnaryLoops {
  private static final float SQRT_2_OVER_PI = 0.797884561f;

  private UnaryLoops() {}

  /// Returns whether there is a loop for the function.
  static boolean has(UnaryOp op) {
    return op != UnaryOp.SIN && op != UnaryOp.COS;
  }

  static void run(UnaryOp op, float[] x, int xAt, float[] out, int outAt, int n) {
    switch (op) {
      case NEG -> neg(x, xAt, out, outAt, n);
      case ABS -> abs(x, xAt, out, outAt, n);
      case RECIPROCAL -> reciprocal(x, xAt, out, outAt, n);
      case SQUARE -> square(x, xAt, out, outAt, n);
      case SQRT -> sqrt(x, xAt, out, outAt, n);
      case RSQRT -> rsqrt(x, xAt, out, outAt, n);
      case RELU -> relu(x, xAt, out, outAt, n);
      case EXP -> exp(x, xAt, out, outAt, n);
      case EXPM1 -> expm1(x, xAt, out, outAt, n);
      case LOG -> log(x, xAt, out, outAt, n);
      case LOG1P -> log1p(x, xAt, out, outAt, n);
      case TANH -> tanh(x, xAt, out, outAt, n);
      case SIGMOID -> sigmoid(x, xAt, out, outAt, n);
      case SOFTPLUS -> softplus(x, xAt, out, outAt, n);
      case ERF -> erf(x, xAt, out, outAt, n);
      case GELU -> gelu(x, xAt, out, outAt, n);
      case GELU_TANH -> geluTanh(x, xAt, out, outAt, n);
      case QUICK_GELU -> quickGelu(x, xAt, out, outAt, n);
      case SILU -> silu(x, xAt, out, outAt, n);
      case SIN, COS -> throw new AssertionError(op);
    }
  }

  /// Uses `(1 + tanh u)/2 = σ(2u)`.
  private static FloatVector geluTanh(FloatVector x) {
    FloatVector cubic = x.mul(x).mul(0.044715f).add(1f).mul(x);
    return SimdMath.gate(cubic.mul(2 * SQRT_2_OVER_PI)).mul(x);
  }

  private static void neg(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      x.neg().intoArray(out, outAt + i);
    }
  }

  private static void abs(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      x.abs().intoArray(out, outAt + i);
    }
  }

  private static void reciprocal(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      all(1f).div(x).intoArray(out, outAt + i);
    }
  }

  private static void square(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      x.mul(x).intoArray(out, outAt + i);
    }
  }

  private static void sqrt(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      x.sqrt().intoArray(out, outAt + i);
    }
  }

  private static void rsqrt(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      all(1f).div(x.sqrt()).intoArray(out, outAt + i);
    }
  }

  private static void relu(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      x.max(0f).intoArray(out, outAt + i);
    }
  }

  private static void exp(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.exp(x).intoArray(out, outAt + i);
    }
  }

  private static void expm1(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.expm1(x).intoArray(out, outAt + i);
    }
  }

  private static void log(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.log(x).intoArray(out, outAt + i);
    }
  }

  private static void log1p(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.log1p(x).intoArray(out, outAt + i);
    }
  }

  private static void tanh(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.tanh(x).intoArray(out, outAt + i);
    }
  }

  private static void sigmoid(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.sigmoid(x).intoArray(out, outAt + i);
    }
  }

  private static void softplus(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.softplus(x).intoArray(out, outAt + i);
    }
  }

  private static void erf(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.erf(x).intoArray(out, outAt + i);
    }
  }

  private static void gelu(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.normalCdf(x, SimdMath.bell(x)).mul(x).intoArray(out, outAt + i);
    }
  }

  private static void geluTanh(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      geluTanh(x).intoArray(out, outAt + i);
    }
  }

  private static void quickGelu(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.gate(x.mul(1.702f)).mul(x).intoArray(out, outAt + i);
    }
  }

  private static void silu(float[] xs, int xAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector x = load(xs, xAt + i);
      SimdMath.gate(x).mul(x).intoArray(out, outAt + i);
    }
  }
}
