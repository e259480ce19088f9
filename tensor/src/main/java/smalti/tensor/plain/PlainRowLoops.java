package smalti.tensor.plain;

import smalti.tensor.backend.ReduceOp;

/// Computes what rows need in plain loops; sums are kept in double.
public final class PlainRowLoops implements RowLoops {
  /// Makes the loops, which have no state.
  public PlainRowLoops() {}

  @Override
  public float reduce(ReduceOp op, float[] x, int at, int n) {
    return switch (op) {
      case SUM -> {
        double sum = 0;
        for (int i = 0; i < n; i++) {
          sum += x[at + i];
        }
        yield (float) sum;
      }
      case MAX -> {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
          max = Math.max(max, x[at + i]);
        }
        yield max;
      }
      case MIN -> {
        float min = Float.POSITIVE_INFINITY;
        for (int i = 0; i < n; i++) {
          min = Math.min(min, x[at + i]);
        }
        yield min;
      }
    };
  }

  @Override
  public float largest(float[] x, int at, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = x[at + i] > max ? x[at + i] : max;
    }
    return max;
  }

  @Override
  public float dot(float[] a, int aAt, float[] b, int bAt, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) a[aAt + i] * b[bAt + i];
    }
    return (float) sum;
  }

  @Override
  public float squaredDistance(float[] x, int at, float center, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double d = x[at + i] - center;
      sum += d * d;
    }
    return (float) sum;
  }

  @Override
  public float exp(float[] x, int xAt, float shift, float[] out, int outAt, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      float e = (float) Math.exp(x[xAt + i] - shift);
      out[outAt + i] = e;
      sum += e;
    }
    return (float) sum;
  }

  @Override
  public float sumExp(float[] x, int at, float shift, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += Math.exp(x[at + i] - shift);
    }
    return (float) sum;
  }

  @Override
  public void scaledExp(
      float[] x, int xAt, float shift, float scale, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i++) {
      out[outAt + i] = scale * (float) Math.exp(x[xAt + i] - shift);
    }
  }

  @Override
  public void softmaxGrad(
      float[] y, int yAt, float[] dOut, int dOutAt, float mean, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i++) {
      dx[dxAt + i] = y[yAt + i] * (dOut[dOutAt + i] - mean);
    }
  }

  @Override
  public void logSoftmaxGrad(
      float[] y, int yAt, float[] dOut, int dOutAt, float sum, float[] dx, int dxAt, int n) {
    for (int i = 0; i < n; i++) {
      dx[dxAt + i] = dOut[dOutAt + i] - sum * (float) Math.exp(y[yAt + i]);
    }
  }
}
