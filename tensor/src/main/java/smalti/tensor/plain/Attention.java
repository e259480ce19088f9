package smalti.tensor.plain;

import java.util.Arrays;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.plain.KeyRanges.Run;
import smalti.tensor.plain.Scratch.Slot;

/// Does scaled dot-product attention, a head at a time on one thread, a block of queries at a time.
///
/// As in FlashAttention (Dao et al. 2022) nothing of size T × S outlives a block. A block's scores
/// are matrix products over the spans of keys that some query of the block sees; softmax is taken
/// over the keys that each query sees, and the other probabilities are exact zeros, so that a key
/// out of sight changes no bit of a finite result.
final class Attention {
  private final ElementLoops elements;
  private final RowLoops rows;
  private final MatrixLoops matrices;

  Attention(ElementLoops elements, RowLoops rows, MatrixLoops matrices) {
    this.elements = elements;
    this.rows = rows;
    this.matrices = matrices;
  }

  /// Is the matrix of one head: dense rows, `stride` apart.
  record Head(float[] array, int at, int stride) {
    static Head of(Tensor t, int head) {
      int heads = t.dim(1);
      int at =
          Floats.at(t) + head / heads * t.layout().stride(0) + head % heads * t.layout().stride(1);
      return new Head(Floats.array(t), at, t.layout().stride(2));
    }

    /// Returns the place of row `i`.
    int row(int i) {
      return at + i * stride;
    }
  }

  static int grain(Tensor q, Tensor k) {
    long work = 1L + (long) q.dim(2) * k.dim(2) * q.dim(3);
    return (int) Math.max(1, (1 << 18) / work);
  }

  void attention(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionPattern pattern,
      double scale,
      int queryOffset,
      Tensor out,
      Tensor lse) {
    int queries = q.dim(2);
    KeyRanges ranges = KeyRanges.of(pattern, queries, k.dim(2), queryOffset);
    Parallel.range(
        q.dim(0) * q.dim(1),
        grain(q, k),
        (s, e) -> {
          for (int h = s; h < e; h++) {
            Pass pass =
                new Pass(
                    Head.of(q, h),
                    Head.of(k, h),
                    Head.of(v, h),
                    Head.of(out, h),
                    Floats.array(lse),
                    Floats.at(lse) + h * queries,
                    q.dim(3),
                    (float) scale,
                    ranges);
            for (int block = 0; block < ranges.blocks(); block++) {
              pass.block(block, Math.min(queries, (block + 1) * KeyRanges.BLOCK));
            }
          }
        });
  }

  /// Computes one head.
  private final class Pass {
    private final Head q;
    private final Head k;
    private final Head v;
    private final Head out;
    private final float[] lse;
    private final int lseAt;
    private final int width;
    private final float scale;
    private final KeyRanges ranges;

    Pass(
        Head q,
        Head k,
        Head v,
        Head out,
        float[] lse,
        int lseAt,
        int width,
        float scale,
        KeyRanges ranges) {
      this.q = q;
      this.k = k;
      this.v = v;
      this.out = out;
      this.lse = lse;
      this.lseAt = lseAt;
      this.width = width;
      this.scale = scale;
      this.ranges = ranges;
    }

    void block(int block, int end) {
      int start = block * KeyRanges.BLOCK;
      if (end - start == 1) {
        query(start);
        return;
      }
      int columns = ranges.columns(block);
      float[] scores = scores(elements, matrices, q, k, width, scale, ranges, block, end);
      for (int i = start; i < end; i++) {
        int at = (i - start) * columns;
        lse[lseAt + i] = exponentials(scores, at, ranges.runs(i));
        clearUnseen(scores, at, columns, ranges.runs(i));
      }
      boolean more = false;
      for (Run span : ranges.spans(block)) { // out = probabilities·v
        matrices.matmul(
            scores,
            span.column(),
            columns,
            1,
            v.array,
            v.row(span.start()),
            v.stride,
            1,
            out.array,
            out.row(start),
            out.stride,
            end - start,
            width,
            span.length(),
            more);
        more = true;
      }
      for (int i = start; i < end; i++) {
        float sum = rows.reduce(ReduceOp.SUM, out.array, out.row(i), width);
        if (!Float.isFinite(sum)) { // perhaps 0·∞ of a key that the query does not see
          query(i);
        }
      }
    }

    /// Turns a query's scores into probabilities and returns the logarithm of their denominator.
    private float exponentials(float[] scores, int at, Run[] runs) {
      float max = Float.NEGATIVE_INFINITY;
      for (Run run : runs) {
        int from = at + run.column();
        max = Math.max(max, rows.reduce(ReduceOp.MAX, scores, from, run.length()));
      }
      float sum = 0;
      for (Run run : runs) {
        int from = at + run.column();
        sum += rows.exp(scores, from, max, scores, from, run.length());
      }
      for (Run run : runs) {
        int from = at + run.column();
        elements.affine(scores, from, 1 / sum, 0, scores, from, run.length());
      }
      return (float) (max + Math.log(sum));
    }

    /// Does one query, touching only the keys that it sees.
    private void query(int i) {
      float[] scaled = scaledQueries(elements, q, i, i + 1, width, scale);
      int columns = ranges.columns(i / KeyRanges.BLOCK);
      float[] scores = Scratch.floats(Slot.SCORES, columns * KeyRanges.BLOCK);
      int at = i % KeyRanges.BLOCK * columns;
      Run[] runs = ranges.runs(i);
      for (Run run : runs) {
        int to = at + run.column();
        int from = k.row(run.start());
        matrices.rowDots(scaled, 0, k.array, from, k.stride, scores, to, run.length(), width);
      }
      lse[lseAt + i] = exponentials(scores, at, runs);
      Arrays.fill(out.array, out.row(i), out.row(i) + width, 0);
      for (Run run : runs) {
        int weights = at + run.column();
        int from = v.row(run.start());
        matrices.addWeightedRows(
            scores, weights, v.array, from, v.stride, out.array, out.row(i), run.length(), width);
      }
    }
  }

  /// Returns the scores of a block, spans side by side: (queries, columns).
  static float[] scores(
      ElementLoops elements,
      MatrixLoops matrices,
      Head q,
      Head k,
      int width,
      float scale,
      KeyRanges ranges,
      int block,
      int end) {
    int start = block * KeyRanges.BLOCK;
    int columns = ranges.columns(block);
    float[] scaled = scaledQueries(elements, q, start, end, width, scale);
    float[] scores = Scratch.floats(Slot.SCORES, columns * KeyRanges.BLOCK);
    for (Run span : ranges.spans(block)) {
      productWithTransposed(
          matrices, scaled, 0, width, k, span, scores, columns, end - start, width);
    }
    return scores;
  }

  /// Computes the product of dense rows and the transposed rows of a span into its columns.
  static void productWithTransposed(
      MatrixLoops matrices,
      float[] a,
      int aAt,
      int aStride,
      Head b,
      Run span,
      float[] out,
      int columns,
      int m,
      int width) {
    matrices.matmul(
        a,
        aAt,
        aStride,
        1,
        b.array,
        b.row(span.start()),
        1,
        b.stride,
        out,
        span.column(),
        columns,
        m,
        span.length(),
        width,
        false);
  }

  private static float[] scaledQueries(
      ElementLoops elements, Head q, int start, int end, int width, float scale) {
    float[] scaled = Scratch.floats(Slot.QUERIES, KeyRanges.BLOCK * width);
    for (int i = start; i < end; i++) {
      elements.affine(q.array, q.row(i), scale, 0, scaled, (i - start) * width, width);
    }
    return scaled;
  }

  /// Sets the scores of keys out of a query's sight to 0.
  static void clearUnseen(float[] scores, int at, int columns, Run[] runs) {
    int column = 0;
    for (Run run : runs) {
      Arrays.fill(scores, at + column, at + run.column(), 0);
      column = run.column() + run.length();
    }
    Arrays.fill(scores, at + column, at + columns, 0);
  }
}
