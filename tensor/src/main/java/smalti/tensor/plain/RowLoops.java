package smalti.tensor.plain;

import smalti.tensor.backend.ReduceOp;

/// Computes what rows need: sums, maxima, exponentials. A row is `n` floats of an array from a
/// place. Results do not depend on where the row lies, nor on whether the code is compiled yet.
public interface RowLoops {

  /// Returns the sum, the maximum or the minimum; NaN if any element is NaN.
  float reduce(ReduceOp op, float[] x, int at, int n);

  /// Returns the largest number, passing over NaN; −∞ if there is none.
  float largest(float[] x, int at, int n);

  /// Returns `Σ a·b`.
  float dot(float[] a, int aAt, float[] b, int bAt, int n);

  /// Returns `Σ (x − center)²`.
  float squaredDistance(float[] x, int at, float center, int n);

  /// Computes `out = exp(x − shift)` and returns the sum of `out`, which may be `x`. Here and below
  /// `x − shift` is a logarithm of a probability, at most about 0; what would be denormal may be 0.
  float exp(float[] x, int xAt, float shift, float[] out, int outAt, int n);

  /// Returns `Σ exp(x − shift)`.
  float sumExp(float[] x, int at, float shift, int n);

  /// Computes `out = scale·exp(x − shift)`.
  void scaledExp(float[] x, int xAt, float shift, float scale, float[] out, int outAt, int n);

  /// Computes `dx = y·(dOut − mean)`, the gradient of a softmax; `dx` may be `dOut`.
  void softmaxGrad(
      float[] y, int yAt, float[] dOut, int dOutAt, float mean, float[] dx, int dxAt, int n);

  /// Computes `dx = dOut − sum·eʸ`, the gradient of a log-softmax.
  void logSoftmaxGrad(
      float[] y, int yAt, float[] dOut, int dOutAt, float sum, float[] dx, int dxAt, int n);
}
