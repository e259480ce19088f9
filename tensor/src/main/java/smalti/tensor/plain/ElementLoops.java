package smalti.tensor.plain;

import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Computes elementwise functions of runs of `n` floats, each run given by an array and a place. An
/// output run may be the same as an input run, but must not overlap it otherwise.
public interface ElementLoops {

  /// Computes `out = op(x)`.
  void unary(UnaryOp op, float[] x, int xAt, float[] out, int outAt, int n);

  /// Computes `dx = dOut · op′(x)`, where `y = op(x)`.
  void unaryGrad(
      UnaryOp op,
      float[] x,
      int xAt,
      float[] y,
      int yAt,
      float[] dOut,
      int dOutAt,
      float[] dx,
      int dxAt,
      int n);

  /// Computes `out = op(a, b)`.
  void binary(BinaryOp op, float[] a, int aAt, float[] b, int bAt, float[] out, int outAt, int n);

  /// Computes `out = scale·x + shift`.
  void affine(float[] x, int xAt, float scale, float shift, float[] out, int outAt, int n);

  /// Computes `y = alpha·x + beta·y`; `beta = 0` overwrites.
  void axpby(float alpha, float[] x, int xAt, float beta, float[] y, int yAt, int n);

  /// Computes numbers uniform in (0, 1), those that belong to a key and the indices from `start`, a
  /// multiple of 4 ([Philox#toOpenUnitFloat]).
  void uniforms(long key, int start, float[] out, int outAt, int n);

  /// Does one step of Adam in place on `param`, `m` and `v`.
  void adam(
      AdamStep step,
      float[] param,
      int paramAt,
      float[] grad,
      int gradAt,
      float[] m,
      int mAt,
      float[] v,
      int vAt,
      int n);

  /// Holds the numbers of one Adam step, bias corrections folded in: `m = beta1·m + (1 − beta1)·g`,
  /// `v = beta2·v + (1 − beta2)·g²`, `param = keep·param − rate·m/(√(v·unbias) + eps)`.
  ///
  /// @param rate `lr/(1 − beta1ᵗ)`
  /// @param beta1 decay of the mean
  /// @param beta2 decay of the mean square
  /// @param unbias `1/(1 − beta2ᵗ)`
  /// @param eps keeps the quotient finite
  /// @param keep `1 − lr·decay`
  record AdamStep(float rate, float beta1, float beta2, float unbias, float eps, float keep) {
    /// Computes the numbers of step `step`, counted from 1.
    public static AdamStep of(
        double lr, double beta1, double beta2, double eps, double decay, long step) {
      return new AdamStep(
          (float) (lr / (1 - Math.pow(beta1, step))),
          (float) beta1,
          (float) beta2,
          (float) (1 / (1 - Math.pow(beta2, step))),
          (float) eps,
          (float) (1 - lr * decay));
    }
  }
}
