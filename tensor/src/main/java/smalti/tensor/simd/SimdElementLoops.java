package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.load;

import jdk.incubator.vector.FloatVector;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.plain.PlainElementLoops;

/// Computes elementwise functions a vector at a time. What is left over is padded to one vector, so
/// that an element's value does not depend on its place.
final class SimdElementLoops extends PlainElementLoops {

  @Override
  public void unary(UnaryOp op, float[] x, int xAt, float[] out, int outAt, int n) {
    if (!UnaryLoops.has(op)) {
      super.unary(op, x, xAt, out, outAt, n);
      return;
    }
    int whole = n & -COUNT;
    int rest = n - whole;
    UnaryLoops.run(op, x, xAt, out, outAt, whole);
    if (rest > 0) {
      float[] end = padded(x, xAt + whole, rest);
      UnaryLoops.run(op, end, 0, end, 0, COUNT);
      System.arraycopy(end, 0, out, outAt + whole, rest);
    }
  }

  @Override
  public void unaryGrad(
      UnaryOp op,
      float[] x,
      int xAt,
      float[] y,
      int yAt,
      float[] dOut,
      int dOutAt,
      float[] dx,
      int dxAt,
      int n) {
    if (!UnaryLoops.has(op)) {
      super.unaryGrad(op, x, xAt, y, yAt, dOut, dOutAt, dx, dxAt, n);
      return;
    }
    int whole = n & -COUNT;
    int rest = n - whole;
    UnaryGradLoops.run(op, x, xAt, y, yAt, dOut, dOutAt, dx, dxAt, whole);
    if (rest > 0) {
      float[] xEnd = padded(x, xAt + whole, rest);
      float[] yEnd = padded(y, yAt + whole, rest);
      float[] end = padded(dOut, dOutAt + whole, rest);
      UnaryGradLoops.run(op, xEnd, 0, yEnd, 0, end, 0, end, 0, COUNT);
      System.arraycopy(end, 0, dx, dxAt + whole, rest);
    }
  }

  @Override
  public void binary(
      BinaryOp op, float[] a, int aAt, float[] b, int bAt, float[] out, int outAt, int n) {
    if (op == BinaryOp.POW) {
      super.binary(op, a, aAt, b, bAt, out, outAt, n);
      return;
    }
    int whole = n & -COUNT;
    int rest = n - whole;
    BinaryLoops.run(op, a, aAt, b, bAt, out, outAt, whole);
    if (rest > 0) {
      float[] end = padded(a, aAt + whole, rest);
      float[] bEnd = padded(b, bAt + whole, rest);
      BinaryLoops.run(op, end, 0, bEnd, 0, end, 0, COUNT);
      System.arraycopy(end, 0, out, outAt + whole, rest);
    }
  }

  private static float[] padded(float[] x, int at, int n) {
    float[] end = new float[COUNT];
    System.arraycopy(x, at, end, 0, n);
    return end;
  }

  @Override
  public void affine(float[] x, int xAt, float scale, float shift, float[] out, int outAt, int n) {
    FloatVector s = all(scale);
    FloatVector t = all(shift);
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      load(x, xAt + i).fma(s, t).intoArray(out, outAt + i);
    }
    for (; i < n; i++) {
      out[outAt + i] = Math.fma(x[xAt + i], scale, shift);
    }
  }

  @Override
  public void axpby(float alpha, float[] x, int xAt, float beta, float[] y, int yAt, int n) {
    if (beta == 0) {
      affine(x, xAt, alpha, 0, y, yAt, n);
      return;
    }
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      FloatVector kept = load(y, yAt + i).mul(beta);
      load(x, xAt + i).fma(all(alpha), kept).intoArray(y, yAt + i);
    }
    for (; i < n; i++) {
      y[yAt + i] = Math.fma(x[xAt + i], alpha, y[yAt + i] * beta);
    }
  }

  @Override
  public void uniforms(long key, int start, float[] out, int outAt, int n) {
    int done = SimdRandom.uniforms(key, start, out, outAt, n);
    super.uniforms(key, start + done, out, outAt + done, n - done);
  }

  @Override
  public void adam(
      AdamStep step,
      float[] param,
      int paramAt,
      float[] grad,
      int gradAt,
      float[] m,
      int mAt,
      float[] v,
      int vAt,
      int n) {
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      FloatVector g = load(grad, gradAt + i);
      FloatVector mean = load(m, mAt + i).mul(step.beta1()).add(g.mul(1 - step.beta1()));
      FloatVector square = load(v, vAt + i).mul(step.beta2()).add(g.mul(1 - step.beta2()).mul(g));
      mean.intoArray(m, mAt + i);
      square.intoArray(v, vAt + i);
      FloatVector root = square.mul(step.unbias()).sqrt().add(step.eps());
      load(param, paramAt + i)
          .mul(step.keep())
          .sub(mean.mul(step.rate()).div(root))
          .intoArray(param, paramAt + i);
    }
    super.adam(step, param, paramAt + i, grad, gradAt + i, m, mAt + i, v, vAt + i, n - i);
  }
}
