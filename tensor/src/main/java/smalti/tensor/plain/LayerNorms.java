package smalti.tensor.plain;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;

/// Does layer normalisation (Ba et al. 2016) and its gradient, row by row.
final class LayerNorms {
  private static final int CHUNKS = 16;
  private final ElementLoops elements;
  private final RowLoops loops;

  LayerNorms(ElementLoops elements, RowLoops loops) {
    this.elements = elements;
    this.loops = loops;
  }

  void layerNorm(
      Tensor x, Tensor weight, Tensor bias, double eps, Tensor out, Tensor mean, Tensor rstd) {
    int n = x.dim(-1);
    float[] xs = Floats.array(x);
    Rows.forEach(
        Floats.rows(x),
        n,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            int at = Floats.at(x) + r * n;
            float mu = loops.reduce(ReduceOp.SUM, xs, at, n) / n;
            double variance = loops.squaredDistance(xs, at, mu, n) / (double) n;
            float scale = (float) (1 / Math.sqrt(variance + eps));
            Floats.array(mean)[Floats.at(mean) + r] = mu;
            Floats.array(rstd)[Floats.at(rstd) + r] = scale;
            loops.normalize(
                xs,
                at,
                mu,
                scale,
                Floats.array(weight),
                Floats.at(weight),
                Floats.array(bias),
                Floats.at(bias),
                Floats.array(out),
                Floats.at(out) + r * n,
                n);
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
    int rows = Floats.rows(x);
    int chunkRows = Math.max(1 + 1024 / Math.max(1, n), (rows + CHUNKS - 1) / CHUNKS);
    int chunks = (rows + chunkRows - 1) / chunkRows;
    float[][] dWeights = new float[chunks][n];
    float[][] dBiases = new float[chunks][n];
    Parallel.range(
        rows,
        chunkRows,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            loops.normalizeGrad(
                Floats.array(x),
                Floats.at(x) + r * n,
                Floats.array(mean)[Floats.at(mean) + r],
                Floats.array(rstd)[Floats.at(rstd) + r],
                Floats.array(weight),
                Floats.at(weight),
                Floats.array(dOut),
                Floats.at(dOut) + r * n,
                Floats.array(dx),
                Floats.at(dx) + r * n,
                dWeights[s / chunkRows],
                dBiases[s / chunkRows],
                n);
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
