package smalti.tensor.plain;

import smalti.tensor.Philox;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Computes elementwise functions in plain loops: arithmetic in float, the rest by each function's
/// definition in double.
public class PlainElementLoops implements ElementLoops {
  /// Makes the loops, which have no state.
  public PlainElementLoops() {}

  @Override
  public void unary(UnaryOp op, float[] x, int xAt, float[] out, int outAt, int n) {
    switch (op) {
      case NEG -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = -x[xAt + i];
        }
      }
      case SQUARE -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = x[xAt + i] * x[xAt + i];
        }
      }
      case RELU -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = Math.max(x[xAt + i], 0);
        }
      }
      default -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = (float) op.value(x[xAt + i]);
        }
      }
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
    for (int i = 0; i < n; i++) {
      dx[dxAt + i] = (float) (dOut[dOutAt + i] * op.slope(x[xAt + i], y[yAt + i]));
    }
  }

  @Override
  public void binary(
      BinaryOp op, float[] a, int aAt, float[] b, int bAt, float[] out, int outAt, int n) {
    switch (op) {
      case ADD -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = a[aAt + i] + b[bAt + i];
        }
      }
      case SUB -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = a[aAt + i] - b[bAt + i];
        }
      }
      case MUL -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = a[aAt + i] * b[bAt + i];
        }
      }
      case DIV -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = a[aAt + i] / b[bAt + i];
        }
      }
      case MAXIMUM -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = Math.max(a[aAt + i], b[bAt + i]);
        }
      }
      case MINIMUM -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = Math.min(a[aAt + i], b[bAt + i]);
        }
      }
      default -> {
        for (int i = 0; i < n; i++) {
          out[outAt + i] = (float) op.value(a[aAt + i], b[bAt + i]);
        }
      }
    }
  }

  @Override
  public void affine(float[] x, int xAt, float scale, float shift, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i++) {
      out[outAt + i] = scale * x[xAt + i] + shift;
    }
  }

  @Override
  public void axpby(float alpha, float[] x, int xAt, float beta, float[] y, int yAt, int n) {
    if (beta == 0) {
      for (int i = 0; i < n; i++) {
        y[yAt + i] = alpha * x[xAt + i];
      }
      return;
    }
    for (int i = 0; i < n; i++) {
      y[yAt + i] = alpha * x[xAt + i] + beta * y[yAt + i];
    }
  }

  @Override
  public void uniforms(long key, int start, float[] out, int outAt, int n) {
    int[] block = new int[4];
    for (int i = 0; i < n; i += 4) {
      Philox.block(key, (start + i) / 4, 0, block);
      for (int j = i; j < Math.min(i + 4, n); j++) {
        out[outAt + j] = Philox.toOpenUnitFloat(block[j - i]);
      }
    }
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
    float one1 = 1 - step.beta1();
    float one2 = 1 - step.beta2();
    for (int i = 0; i < n; i++) {
      float g = grad[gradAt + i];
      float mean = step.beta1() * m[mAt + i] + one1 * g;
      float square = step.beta2() * v[vAt + i] + one2 * g * g;
      m[mAt + i] = mean;
      v[vAt + i] = square;
      float root = (float) Math.sqrt(square * step.unbias());
      param[paramAt + i] =
          step.keep() * param[paramAt + i] - step.rate() * mean / (root + step.eps());
    }
  }
}
