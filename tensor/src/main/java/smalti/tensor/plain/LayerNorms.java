package smalti.tensor.plain;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;

/// Does layer normalisation (Ba et al. 2016) and its gradient, row by row.
///
/// Arrays are taken from their tensors before the loops: taken for each row, the compiled gradient
/// is a quarter slower.
final class LayerNorms {
  private static final int CHUNKS = 16;
  private final ElementLoops elements;
  private final RowLoops rows;
  private final NormalizeLoops loops;

  LayerNorms(ElementLoops elements, RowLoops rows, NormalizeLoops loops) {
    this.elements = elements;
    this.rows = rows;
    this.loops = loops;
  }

  void layerNorm(
      Tensor x, Tensor weight, Tensor bias, double eps, Tensor out, Tensor mean, Tensor rstd) {
    int n = x.dim(-1);
    float[] xs = Floats.array(x);
    float[] w = Floats.array(weight);
    int wAt = Floats.at(weight);
    float[] b = Floats.array(bias);
    int bAt = Floats.at(bias);
    float[] o = Floats.array(out);
    float[] means = Floats.array(mean);
    float[] rstds = Floats.array(rstd);
    Rows.forEach(
        Floats.rows(x),
        n,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            int at = Floats.at(x) + r * n;
            float mu = rows.reduce(ReduceOp.SUM, xs, at, n) / n;
            double variance = rows.squaredDistance(xs, at, mu, n) / (double) n;
            float scale = (float) (1 / Math.sqrt(variance + eps));
            means[Floats.at(mean) + r] = mu;
            rstds[Floats.at(rstd) + r] = scale;
            loops.normalize(xs, at, mu, scale, w, wAt, b, bAt, o, Floats.at(out) + r * n, n);
          }
        });
  }

  /// Sums the gradients of weight and bias over at most [#CHUNKS] chunks of rows, then over the
  /// chunks in order.
  void layerNormGrad(
      Tensor x,
      Tensor weight,
      Tensor mean,
      Tensor rstd,
      Tensor dOut,
      Tensor dx,
      Tensor dWeight,
      Tensor dBias) {
    int n = x.dim(-1);
    int count = Floats.rows(x);
    int chunkRows = Math.max(1 + 1024 / Math.max(1, n), (count + CHUNKS - 1) / CHUNKS);
    int chunks = (count + chunkRows - 1) / chunkRows;
    float[][] dWeights = new float[chunks][n];
    float[][] dBiases = new float[chunks][n];
    float[] xs = Floats.array(x);
    float[] ds = Floats.array(dOut);
    float[] w = Floats.array(weight);
    int wAt = Floats.at(weight);
    float[] means = Floats.array(mean);
    float[] rstds = Floats.array(rstd);
    float[] dxs = Floats.array(dx);
    Parallel.range(
        count,
        chunkRows,
        (s, e) -> {
          float[] dW = dWeights[s / chunkRows];
          float[] dB = dBiases[s / chunkRows];
          float[] sums = new float[2];
          for (int r = s; r < e; r++) {
            int xAt = Floats.at(x) + r * n;
            int dAt = Floats.at(dOut) + r * n;
            int dxAt = Floats.at(dx) + r * n;
            float mu = means[Floats.at(mean) + r];
            float scale = rstds[Floats.at(rstd) + r];
            loops.normalizeSums(xs, xAt, mu, scale, w, wAt, ds, dAt, dW, dB, sums, n);
            float meanG = sums[0] / n;
            float meanGx = sums[1] / n;
            loops.normalizeGrad(xs, xAt, mu, scale, w, wAt, ds, dAt, meanG, meanGx, dxs, dxAt, n);
          }
        });
    sum(dWeights, Floats.array(dWeight), Floats.at(dWeight), n);
    sum(dBiases, Floats.array(dBias), Floats.at(dBias), n);
  }

  private void sum(float[][] parts, float[] out, int outAt, int n) {
    Arrays.fill(out, outAt, outAt + n, 0);
    for (float[] part : parts) {
      elements.binary(BinaryOp.ADD, out, outAt, part, 0, out, outAt, n);
    }
  }
}
