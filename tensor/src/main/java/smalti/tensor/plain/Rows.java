package smalti.tensor.plain;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.ReduceOp;

/// Does softmax, log-softmax and cross-entropy, row by row.
final class Rows {
  /// Rows that are passed together by one loop and then by the next. With one row, numbers would be
  /// read again while their stores are still under way, which with vectors of 512 bits takes three
  /// times as long as everything else.
  private static final int FEW = 8;

  private final ElementLoops elements;
  private final RowLoops loops;

  Rows(ElementLoops elements, RowLoops loops) {
    this.elements = elements;
    this.loops = loops;
  }

  /// Shares rows of `n` elements among threads.
  static void forEach(int rows, int n, Parallel.Body body) {
    Parallel.range(rows, Math.max(1, (1 << 13) / Math.max(1, n)), body);
  }

  void softmax(Tensor x, Tensor out) {
    int n = x.dim(-1);
    float[] xs = Floats.array(x);
    float[] o = Floats.array(out);
    forEach(
        Floats.rows(x),
        n,
        (s, e) -> {
          float[] sums = new float[FEW];
          for (int first = s; first < e; first += FEW) {
            int last = Math.min(first + FEW, e);
            for (int r = first; r < last; r++) {
              int at = Floats.at(x) + r * n;
              float max = loops.largest(xs, at, n);
              sums[r - first] = loops.exp(xs, at, max, o, Floats.at(out) + r * n, n);
            }
            for (int r = first; r < last; r++) {
              int outAt = Floats.at(out) + r * n;
              elements.affine(o, outAt, 1 / sums[r - first], 0, o, outAt, n);
            }
          }
        });
  }

  void softmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    int n = y.dim(-1);
    float[] ys = Floats.array(y);
    float[] ds = Floats.array(dOut);
    forEach(
        Floats.rows(y),
        n,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            int yAt = Floats.at(y) + r * n;
            int dAt = Floats.at(dOut) + r * n;
            float mean = loops.dot(ys, yAt, ds, dAt, n);
            int dxAt = Floats.at(dx) + r * n;
            loops.softmaxGrad(ys, yAt, ds, dAt, mean, Floats.array(dx), dxAt, n);
          }
        });
  }

  void logSoftmax(Tensor x, Tensor out) {
    int n = x.dim(-1);
    float[] xs = Floats.array(x);
    float[] o = Floats.array(out);
    forEach(
        Floats.rows(x),
        n,
        (s, e) -> {
          float[] logSums = new float[FEW];
          for (int first = s; first < e; first += FEW) {
            int last = Math.min(first + FEW, e);
            // Two subtractions: max + logSum would round away what a large max leaves.
            for (int r = first; r < last; r++) {
              int at = Floats.at(x) + r * n;
              float max = loops.largest(xs, at, n);
              logSums[r - first] = (float) Math.log(loops.sumExp(xs, at, max, n));
              elements.affine(xs, at, 1, -max, o, Floats.at(out) + r * n, n);
            }
            for (int r = first; r < last; r++) {
              int outAt = Floats.at(out) + r * n;
              elements.affine(o, outAt, 1, -logSums[r - first], o, outAt, n);
            }
          }
        });
  }

  void logSoftmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    int n = y.dim(-1);
    float[] ds = Floats.array(dOut);
    forEach(
        Floats.rows(y),
        n,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            int dAt = Floats.at(dOut) + r * n;
            float sum = loops.reduce(ReduceOp.SUM, ds, dAt, n);
            int yAt = Floats.at(y) + r * n;
            int dxAt = Floats.at(dx) + r * n;
            loops.logSoftmaxGrad(Floats.array(y), yAt, ds, dAt, sum, Floats.array(dx), dxAt, n);
          }
        });
  }

  void crossEntropy(Tensor logits, Tensor targets, Tensor loss, Tensor lse) {
    int n = logits.dim(-1);
    float[] ls = Floats.array(logits);
    int[] ids = Floats.ints(targets);
    forEach(
        Floats.rows(logits),
        n,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            int at = Floats.at(logits) + r * n;
            float max = loops.largest(ls, at, n);
            double logSum = Math.log(loops.sumExp(ls, at, max, n));
            int target = ids[Floats.at(targets) + r];
            Floats.array(lse)[Floats.at(lse) + r] = (float) (max + logSum);
            Floats.array(loss)[Floats.at(loss) + r] =
                target < 0 ? 0 : (float) (max - (double) ls[at + target] + logSum);
          }
        });
  }

  void crossEntropyGrad(Tensor logits, Tensor targets, Tensor lse, Tensor dLoss, Tensor dx) {
    int n = logits.dim(-1);
    int[] ids = Floats.ints(targets);
    forEach(
        Floats.rows(logits),
        n,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            int target = ids[Floats.at(targets) + r];
            int dxAt = Floats.at(dx) + r * n;
            float[] dxs = Floats.array(dx);
            if (target < 0) {
              Arrays.fill(dxs, dxAt, dxAt + n, 0);
              continue;
            }
            float scale = Floats.array(dLoss)[Floats.at(dLoss) + r];
            float shift = Floats.array(lse)[Floats.at(lse) + r];
            int at = Floats.at(logits) + r * n;
            loops.scaledExp(Floats.array(logits), at, shift, scale, dxs, dxAt, n);
            dxs[dxAt + target] -= scale;
          }
        });
  }
}
