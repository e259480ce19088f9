package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.load;
import static smalti.tensor.simd.Lanes.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.plain.RowLoops;

/// Computes what rows need a vector at a time; a masked vector takes the end of the row.
final class SimdRowLoops implements RowLoops {

  @Override
  public float reduce(ReduceOp op, float[] x, int at, int n) {
    return switch (op) {
      case SUM -> sum(x, at, n);
      case MAX -> max(x, at, n);
      case MIN -> min(x, at, n);
    };
  }

  /// Keeps four sums, so that additions need not wait for each other.
  private static float sum(float[] x, int at, int n) {
    FloatVector s0 = all(0);
    FloatVector s1 = all(0);
    FloatVector s2 = all(0);
    FloatVector s3 = all(0);
    int i = 0;
    for (; i <= n - 4 * COUNT; i += 4 * COUNT) {
      s0 = s0.add(load(x, at + i));
      s1 = s1.add(load(x, at + i + COUNT));
      s2 = s2.add(load(x, at + i + 2 * COUNT));
      s3 = s3.add(load(x, at + i + 3 * COUNT));
    }
    for (; i <= n - COUNT; i += COUNT) {
      s0 = s0.add(load(x, at + i));
    }
    if (i < n) {
      s1 = s1.add(load(x, at + i, n - i));
    }
    return Lanes.sum(s0.add(s1).add(s2.add(s3)));
  }

  private static float max(float[] x, int at, int n) {
    FloatVector m0 = all(Float.NEGATIVE_INFINITY);
    FloatVector m1 = m0;
    int i = 0;
    for (; i <= n - 2 * COUNT; i += 2 * COUNT) {
      m0 = m0.max(load(x, at + i));
      m1 = m1.max(load(x, at + i + COUNT));
    }
    float max = m0.max(m1).reduceLanes(VectorOperators.MAX);
    for (; i < n; i++) {
      max = Math.max(max, x[at + i]);
    }
    return max;
  }

  private static float min(float[] x, int at, int n) {
    FloatVector m0 = all(Float.POSITIVE_INFINITY);
    FloatVector m1 = m0;
    int i = 0;
    for (; i <= n - 2 * COUNT; i += 2 * COUNT) {
      m0 = m0.min(load(x, at + i));
      m1 = m1.min(load(x, at + i + COUNT));
    }
    float min = m0.min(m1).reduceLanes(VectorOperators.MIN);
    for (; i < n; i++) {
      min = Math.min(min, x[at + i]);
    }
    return min;
  }

  @Override
  public float largest(float[] x, int at, int n) {
    FloatVector m0 = all(Float.NEGATIVE_INFINITY);
    FloatVector m1 = m0;
    int i = 0;
    for (; i <= n - 2 * COUNT; i += 2 * COUNT) {
      m0 = Lanes.larger(m0, load(x, at + i));
      m1 = Lanes.larger(m1, load(x, at + i + COUNT));
    }
    float max = Lanes.larger(m0, m1).reduceLanes(VectorOperators.MAX);
    for (; i < n; i++) {
      max = x[at + i] > max ? x[at + i] : max;
    }
    return max;
  }

  @Override
  public float dot(float[] a, int aAt, float[] b, int bAt, int n) {
    FloatVector s0 = all(0);
    FloatVector s1 = all(0);
    int i = 0;
    for (; i <= n - 2 * COUNT; i += 2 * COUNT) {
      s0 = load(a, aAt + i).fma(load(b, bAt + i), s0);
      s1 = load(a, aAt + i + COUNT).fma(load(b, bAt + i + COUNT), s1);
    }
    for (; i < n; i += COUNT) {
      s0 = load(a, aAt + i, n - i).fma(load(b, bAt + i, n - i), s0);
    }
    return Lanes.sum(s0.add(s1));
  }

  @Override
  public float squaredDistance(float[] x, int at, float center, int n) {
    FloatVector s0 = all(0);
    FloatVector s1 = all(0);
    int i = 0;
    for (; i <= n - 2 * COUNT; i += 2 * COUNT) {
      FloatVector d0 = load(x, at + i).sub(center);
      FloatVector d1 = load(x, at + i + COUNT).sub(center);
      s0 = d0.fma(d0, s0);
      s1 = d1.fma(d1, s1);
    }
    for (; i < n; i += COUNT) {
      FloatVector d = load(x, at + i, n - i).sub(all(center), Lanes.first(n - i));
      s0 = d.fma(d, s0);
    }
    return Lanes.sum(s0.add(s1));
  }

  /// Returns `exp(x − shift)` where that is at most about 1.
  private static FloatVector exp(FloatVector x, float shift) {
    return SimdMath.exp2(x.sub(shift).mul(SimdMath.LOG2_E));
  }

  @Override
  public float exp(float[] x, int xAt, float shift, float[] out, int outAt, int n) {
    FloatVector sum = all(0);
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      FloatVector e = exp(load(x, xAt + i), shift);
      e.intoArray(out, outAt + i);
      sum = sum.add(e);
    }
    if (i < n) {
      FloatVector e = exp(load(x, xAt + i, n - i), shift);
      store(e, out, outAt + i, n - i);
      sum = sum.add(e, Lanes.first(n - i));
    }
    return Lanes.sum(sum);
  }

  @Override
  public float sumExp(float[] x, int at, float shift, int n) {
    FloatVector sum = all(0);
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      sum = sum.add(exp(load(x, at + i), shift));
    }
    if (i < n) {
      sum = sum.add(exp(load(x, at + i, n - i), shift), Lanes.first(n - i));
    }
    return Lanes.sum(sum);
  }

  @Override
  public void scaledExp(
      float[] x, int xAt, float shift, float scale, float[] out, int outAt, int n) {
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      exp(load(x, xAt + i), shift).mul(scale).intoArray(out, outAt + i);
    }
    if (i < n) {
      FloatVector e = exp(load(x, xAt + i, n - i), shift).mul(scale);
      store(e, out, outAt + i, n - i);
    }
  }

  @Override
  public void softmaxGrad(
      float[] y, int yAt, float[] dOut, int dOutAt, float mean, float[] dx, int dxAt, int n) {
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      load(dOut, dOutAt + i).sub(mean).mul(load(y, yAt + i)).intoArray(dx, dxAt + i);
    }
    for (; i < n; i++) {
      dx[dxAt + i] = y[yAt + i] * (dOut[dOutAt + i] - mean);
    }
  }

  @Override
  public void logSoftmaxGrad(
      float[] y, int yAt, float[] dOut, int dOutAt, float sum, float[] dx, int dxAt, int n) {
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      FloatVector d = load(dOut, dOutAt + i); // first: after exp C2 may leave it a call
      FloatVector e = SimdMath.exp(load(y, yAt + i)).mul(sum);
      d.sub(e).intoArray(dx, dxAt + i);
    }
    if (i < n) {
      FloatVector e = SimdMath.exp(load(y, yAt + i, n - i)).mul(sum);
      store(load(dOut, dOutAt + i, n - i).sub(e), dx, dxAt + i, n - i);
    }
  }
}
