package smalti.tensor.plain;

/// Normalises in plain loops; sums over a row are kept in double.
public final class PlainNormalizeLoops implements NormalizeLoops {
  /// Makes the loops, which have no state.
  public PlainNormalizeLoops() {}

  @Override
  public void normalize(
      float[] x,
      int xAt,
      float mean,
      float rstd,
      float[] weight,
      int weightAt,
      float[] bias,
      int biasAt,
      float[] out,
      int outAt,
      int n) {
    for (int i = 0; i < n; i++) {
      out[outAt + i] = (x[xAt + i] - mean) * rstd * weight[weightAt + i] + bias[biasAt + i];
    }
  }

  @Override
  public void normalizeSums(
      float[] x,
      int xAt,
      float mean,
      float rstd,
      float[] weight,
      int weightAt,
      float[] dOut,
      int dOutAt,
      float[] dWeight,
      float[] dBias,
      float[] sums,
      int n) {
    double sumG = 0;
    double sumGx = 0;
    for (int i = 0; i < n; i++) {
      float xHat = (x[xAt + i] - mean) * rstd;
      float d = dOut[dOutAt + i];
      float g = d * weight[weightAt + i];
      sumG += g;
      sumGx += (double) g * xHat;
      dWeight[i] += d * xHat;
      dBias[i] += d;
    }
    sums[0] = (float) sumG;
    sums[1] = (float) sumGx;
  }

  @Override
  public void normalizeGrad(
      float[] x,
      int xAt,
      float mean,
      float rstd,
      float[] weight,
      int weightAt,
      float[] dOut,
      int dOutAt,
      float meanG,
      float meanGx,
      float[] dx,
      int dxAt,
      int n) {
    for (int i = 0; i < n; i++) {
      float xHat = (x[xAt + i] - mean) * rstd;
      float g = dOut[dOutAt + i] * weight[weightAt + i];
      dx[dxAt + i] = rstd * (g - meanG - xHat * meanGx);
    }
  }
}
