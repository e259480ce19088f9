package smalti.tensor.reference;

import smalti.tensor.AttentionPattern;
import smalti.tensor.Tensor;

/// Defines scaled dot-product attention (Vaswani et al. 2017, section 3.2.1) under a pattern: keys
/// that a query does not see have no part in its softmax.
final class ReferenceAttention {
  private ReferenceAttention() {}

  static void attention(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionPattern pattern,
      double scale,
      int queryOffset,
      Tensor out,
      Tensor lse) {
    int queries = q.dim(2);
    int keys = k.dim(2);
    int width = q.dim(3);
    Elements lses = Elements.of(lse);
    for (int head = 0; head < Matrix.count(q); head++) {
      Matrix qs = Matrix.of(q, head);
      Matrix ks = Matrix.of(k, head);
      Matrix vs = Matrix.of(v, head);
      Matrix outs = Matrix.of(out, head);
      for (int i = 0; i < queries; i++) {
        int position = queryOffset + i;
        double[] scores = new double[keys]; // scale·q·k, −∞ where not seen
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < keys; j++) {
          boolean seen = pattern.allows(position, j);
          scores[j] = seen ? scale * dot(qs, i, ks, j, width) : Double.NEGATIVE_INFINITY;
          max = Math.max(max, scores[j]);
        }
        double sum = 0;
        for (int j = 0; j < keys; j++) {
          sum += Math.exp(scores[j] - max);
        }
        double logSum = max + Math.log(sum);
        double[] means = new double[width]; // Σ softmax(scores)·v
        for (int j = 0; j < keys; j++) {
          if (pattern.allows(position, j)) {
            double p = Math.exp(scores[j] - logSum);
            for (int d = 0; d < width; d++) {
              means[d] += p * vs.get(j, d);
            }
          }
        }
        for (int d = 0; d < width; d++) {
          outs.set(i, d, means[d]);
        }
        lses.set(head * queries + i, logSum);
      }
    }
  }

  /// With probabilities `p = exp(s − lse)`, the gradient of `p` is `dOut·v`, and through the
  /// softmax that of the score is `ds = p·(dOut·v − dOut·out)` (Dao et al. 2022, appendix B.2).
  /// Then `dq = scale·Σ ds·k` over keys, `dk = scale·Σ ds·q` and `dv = Σ p·dOut` over queries.
  static void attentionGrad(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor lse,
      Tensor dOut,
      AttentionPattern pattern,
      double scale,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    int queries = q.dim(2);
    int keys = k.dim(2);
    int width = q.dim(3);
    Elements lses = Elements.of(lse);
    for (int head = 0; head < Matrix.count(q); head++) {
      Matrix qs = Matrix.of(q, head);
      Matrix ks = Matrix.of(k, head);
      Matrix vs = Matrix.of(v, head);
      Matrix outs = Matrix.of(out, head);
      Matrix dOuts = Matrix.of(dOut, head);
      double[][] dqs = new double[queries][width];
      double[][] dks = new double[keys][width];
      double[][] dvs = new double[keys][width];
      for (int i = 0; i < queries; i++) {
        double mean = dot(dOuts, i, outs, i, width); // Σ p·dp
        for (int j = 0; j < keys; j++) {
          if (!pattern.allows(i, j)) {
            continue;
          }
          double score = scale * dot(qs, i, ks, j, width);
          double p = Math.exp(score - lses.get(head * queries + i));
          double ds = p * (dot(dOuts, i, vs, j, width) - mean);
          for (int d = 0; d < width; d++) {
            dqs[i][d] += scale * ds * ks.get(j, d);
            dks[j][d] += scale * ds * qs.get(i, d);
            dvs[j][d] += p * dOuts.get(i, d);
          }
        }
      }
      store(dqs, Matrix.of(dq, head));
      store(dks, Matrix.of(dk, head));
      store(dvs, Matrix.of(dv, head));
    }
  }

  private static double dot(Matrix a, int i, Matrix b, int j, int width) {
    double sum = 0;
    for (int d = 0; d < width; d++) {
      sum += a.get(i, d) * b.get(j, d);
    }
    return sum;
  }

  private static void store(double[][] values, Matrix out) {
    for (int i = 0; i < values.length; i++) {
      for (int d = 0; d < values[i].length; d++) {
        out.set(i, d, values[i][d]);
      }
    }
  }
}
