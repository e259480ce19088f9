package smalti.tensor.plain;

/// Computes the runs of layer normalisation. A row is `n` floats of an array from a place; `x̂ = (x
/// − mean)·rstd`, and `g = dOut·weight`.
public interface NormalizeLoops {

  /// Computes `out = x̂·weight + bias`.
  void normalize(
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
      int n);

  /// Begins a row's gradient: adds `dOut·x̂` to `dWeight` and `dOut` to `dBias`, both from place 0,
  /// and writes `Σ g` and `Σ g·x̂` to `sums`.
  void normalizeSums(
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
      int n);

  /// Ends it: `dx = rstd·(g − meanG − x̂·meanGx)`, where `meanG = mean(g)` and `meanGx =
  /// mean(g·x̂)`.
  void normalizeGrad(
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
      int n);
}
