package smalti.tensor.reference;

import smalti.tensor.Tensor;

/// Defines softmax and layer normalisation, which treat each row (last axis) by itself.
final class ReferenceRows {
  private ReferenceRows() {}

  static void softmax(Tensor x, Tensor out) {
    int columns = x.dim(-1);
    Elements xs = Elements.of(x);
    Elements to = Elements.of(out);
    for (int row = 0; row < Elements.rows(x); row++) {
      double lse = logSumExp(xs, row * columns, columns);
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        to.set(i, Math.exp(xs.get(i) - lse));
      }
    }
  }

  static void softmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    int columns = y.dim(-1);
    Elements ys = Elements.of(y);
    Elements dOuts = Elements.of(dOut);
    Elements dxs = Elements.of(dx);
    for (int row = 0; row < Elements.rows(y); row++) {
      double dot = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        dot += ys.get(i) * dOuts.get(i);
      }
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        dxs.set(i, ys.get(i) * (dOuts.get(i) - dot));
      }
    }
  }

  static void logSoftmax(Tensor x, Tensor out) {
    int columns = x.dim(-1);
    Elements xs = Elements.of(x);
    Elements to = Elements.of(out);
    for (int row = 0; row < Elements.rows(x); row++) {
      double lse = logSumExp(xs, row * columns, columns);
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        to.set(i, xs.get(i) - lse);
      }
    }
  }

  static void logSoftmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    int columns = y.dim(-1);
    Elements ys = Elements.of(y);
    Elements dOuts = Elements.of(dOut);
    Elements dxs = Elements.of(dx);
    for (int row = 0; row < Elements.rows(y); row++) {
      double sum = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        sum += dOuts.get(i);
      }
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        dxs.set(i, dOuts.get(i) - Math.exp(ys.get(i)) * sum);
      }
    }
  }

  /// Returns `ln Σ eˣ` over `count` elements. The largest is taken out first, so that no
  /// exponential overflows. Where it is infinite the softmax has no meaning and NaN follows.
  static double logSumExp(Elements xs, int start, int count) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = start; i < start + count; i++) {
      max = Math.max(max, xs.get(i));
    }
    double sum = 0;
    for (int i = start; i < start + count; i++) {
      sum += Math.exp(xs.get(i) - max);
    }
    return max + Math.log(sum);
  }

  static void layerNorm(
      Tensor x, Tensor weight, Tensor bias, double eps, Tensor out, Tensor mean, Tensor rstd) {
    int columns = x.dim(-1);
    Elements xs = Elements.of(x);
    Elements weights = Elements.of(weight);
    Elements biases = Elements.of(bias);
    Elements to = Elements.of(out);
    Elements means = Elements.of(mean);
    Elements rstds = Elements.of(rstd);
    for (int row = 0; row < Elements.rows(x); row++) {
      int start = row * columns;
      double sum = 0;
      for (int c = 0; c < columns; c++) {
        sum += xs.get(start + c);
      }
      double m = sum / columns;
      double squares = 0;
      for (int c = 0; c < columns; c++) {
        double d = xs.get(start + c) - m;
        squares += d * d;
      }
      double r = 1 / Math.sqrt(squares / columns + eps);
      for (int c = 0; c < columns; c++) {
        double normal = (xs.get(start + c) - m) * r;
        to.set(start + c, normal * weights.get(c) + biases.get(c));
      }
      means.set(row, m);
      rstds.set(row, r);
    }
  }

  /// With `n = (x − mean)·rstd` and `g = dOut·weight`, `dx = rstd·(g − mean(g) − n·mean(g·n))`,
  /// `dWeight = Σ dOut·n` and `dBias = Σ dOut`, summed over rows.
  static void layerNormGrad(
      Tensor x,
      Tensor weight,
      Tensor mean,
      Tensor rstd,
      Tensor dOut,
      Tensor dx,
      Tensor dWeight,
      Tensor dBias) {
    int columns = x.dim(-1);
    Elements xs = Elements.of(x);
    Elements weights = Elements.of(weight);
    Elements means = Elements.of(mean);
    Elements rstds = Elements.of(rstd);
    Elements dOuts = Elements.of(dOut);
    Elements dxs = Elements.of(dx);
    double[] dWeightSums = new double[columns];
    double[] dBiasSums = new double[columns];
    for (int row = 0; row < Elements.rows(x); row++) {
      int start = row * columns;
      double m = means.get(row);
      double r = rstds.get(row);
      double sumG = 0;
      double sumGn = 0;
      for (int c = 0; c < columns; c++) {
        double n = (xs.get(start + c) - m) * r;
        double d = dOuts.get(start + c);
        sumG += d * weights.get(c);
        sumGn += d * weights.get(c) * n;
        dWeightSums[c] += d * n;
        dBiasSums[c] += d;
      }
      for (int c = 0; c < columns; c++) {
        double n = (xs.get(start + c) - m) * r;
        double g = dOuts.get(start + c) * weights.get(c);
        dxs.set(start + c, r * (g - sumG / columns - n * sumGn / columns));
      }
    }
    Elements dWeights = Elements.of(dWeight);
    Elements dBiases = Elements.of(dBias);
    for (int c = 0; c < columns; c++) {
      dWeights.set(c, dWeightSums[c]);
      dBiases.set(c, dBiasSums[c]);
    }
  }
}
