package smalti.tensor.plain;

import java.util.Arrays;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.plain.Attention.Head;
import smalti.tensor.plain.KeyRanges.Run;
import smalti.tensor.plain.Scratch.Slot;

/// Does the gradient of attention, a head at a time on one thread, a block of queries at a time.
///
/// The probabilities `p = exp(s − lse)` are computed again. With `δ = Σ dOut·out` of each query,
/// `dv = pᵀ·dOut`, `ds = p·(dOut·vᵀ − δ)`, `dq = scale·ds·k` and `dk = scale·dsᵀ·q` (Dao et al.
/// 2022, appendix B.2). A NaN in one query spreads to the keys of its block.
final class AttentionGrad {
  private final ElementLoops elements;
  private final RowLoops rows;
  private final MatrixLoops matrices;

  AttentionGrad(ElementLoops elements, RowLoops rows, MatrixLoops matrices) {
    this.elements = elements;
    this.rows = rows;
    this.matrices = matrices;
  }

  void attentionGrad(
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
    KeyRanges ranges = KeyRanges.of(pattern, queries, keys, 0);
    Parallel.range(
        q.dim(0) * q.dim(1),
        Attention.grain(q, k),
        (s, e) -> {
          for (int h = s; h < e; h++) {
            Pass pass =
                new Pass(
                    Head.of(q, h),
                    Head.of(k, h),
                    Head.of(v, h),
                    Head.of(dq, h),
                    Head.of(dk, h),
                    Head.of(dv, h),
                    Head.of(dOut, h),
                    width,
                    (float) scale,
                    ranges);
            clear(pass.dk, keys, width);
            clear(pass.dv, keys, width);
            Head outs = Head.of(out, h);
            for (int block = 0; block < ranges.blocks(); block++) {
              int end = Math.min(queries, (block + 1) * KeyRanges.BLOCK);
              pass.block(block, end, outs, Floats.array(lse), Floats.at(lse) + h * queries);
            }
          }
        });
  }

  private static void clear(Head head, int n, int width) {
    for (int i = 0; i < n; i++) {
      Arrays.fill(head.array(), head.row(i), head.row(i) + width, 0);
    }
  }

  /// Computes one head.
  private final class Pass {
    private final Head q;
    private final Head k;
    private final Head v;
    private final Head dq;
    private final Head dk;
    private final Head dv;
    private final Head dOut;
    private final int width;
    private final float scale;
    private final KeyRanges ranges;

    Pass(
        Head q,
        Head k,
        Head v,
        Head dq,
        Head dk,
        Head dv,
        Head dOut,
        int width,
        float scale,
        KeyRanges ranges) {
      this.q = q;
      this.k = k;
      this.v = v;
      this.dq = dq;
      this.dk = dk;
      this.dv = dv;
      this.dOut = dOut;
      this.width = width;
      this.scale = scale;
      this.ranges = ranges;
    }

    void block(int block, int end, Head out, float[] lse, int lseAt) {
      int start = block * KeyRanges.BLOCK;
      int columns = ranges.columns(block);
      Run[] spans = ranges.spans(block);
      float[] p = Attention.scores(elements, matrices, q, k, width, scale, ranges, block, end);
      float[] ds = Scratch.floats(Slot.SCORE_GRADS, columns * KeyRanges.BLOCK);
      for (Run span : spans) { // ds = dOut·vᵀ so far
        int rowCount = end - start;
        Attention.productWithTransposed(
            matrices,
            dOut.array(),
            dOut.row(start),
            dOut.stride(),
            v,
            span,
            ds,
            columns,
            rowCount,
            width);
      }
      for (int i = start; i < end; i++) {
        float delta = rows.dot(dOut.array(), dOut.row(i), out.array(), out.row(i), width);
        int at = (i - start) * columns;
        Run[] runs = ranges.runs(i);
        for (Run run : runs) {
          int from = at + run.column();
          rows.exp(p, from, lse[lseAt + i], p, from, run.length());
          rows.softmaxGrad(p, from, ds, from, delta, ds, from, run.length());
        }
        Attention.clearUnseen(p, at, columns, runs);
        Attention.clearUnseen(ds, at, columns, runs);
      }
      boolean more = false;
      for (Run span : spans) {
        addTransposedProduct(p, columns, span, dOut, dv, start, end);
        addTransposedProduct(ds, columns, span, scaled(start, end), dk, start, end);
        addToQueries(ds, columns, span, start, end, more);
        more = true;
      }
      for (int i = start; i < end; i++) {
        elements.affine(dq.array(), dq.row(i), scale, 0, dq.array(), dq.row(i), width);
      }
    }

    /// Returns the block's scaled queries, which [Attention#scores] left in their buffer, as a head
    /// whose row `start` is the buffer's first.
    private Head scaled(int start, int end) {
      float[] buffer = Scratch.floats(Slot.QUERIES, (end - start) * width);
      return new Head(buffer, -start * width, width);
    }

    /// Adds `xᵀ·rows` to the rows of `out` that the span names.
    private void addTransposedProduct(
        float[] x, int columns, Run span, Head rowsOf, Head out, int start, int end) {
      matrices.matmul(
          x,
          span.column(),
          1,
          columns,
          rowsOf.array(),
          rowsOf.row(start),
          rowsOf.stride(),
          1,
          out.array(),
          out.row(span.start()),
          out.stride(),
          span.length(),
          width,
          end - start,
          true);
    }

    private void addToQueries(
        float[] ds, int columns, Run span, int start, int end, boolean accumulate) {
      matrices.matmul(
          ds,
          span.column(),
          columns,
          1,
          k.array(),
          k.row(span.start()),
          k.stride(),
          1,
          dq.array(),
          dq.row(start),
          dq.stride(),
          end - start,
          width,
          span.length(),
          accumulate);
    }
  }
}
