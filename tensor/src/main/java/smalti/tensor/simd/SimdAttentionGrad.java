package smalti.tensor.simd;

import static smalti.tensor.simd.AttentionPlan.BLOCK;
import static smalti.tensor.simd.AttentionPlan.PANEL;
import static smalti.tensor.simd.AttentionPlan.QUERY_STRIDE;
import static smalti.tensor.simd.AttentionPlan.ROWS;
import static smalti.tensor.simd.AttentionPlan.STRIDE;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.simd.AttentionPlan.Chunk;
import smalti.tensor.simd.AttentionWorkspace.Head;

/// Does the gradient of attention, a head at a time on one thread, a block of queries and a chunk
/// of keys at a time.
///
/// The probabilities `p = exp(s − lse)` are computed again. With `δ = Σ dOut·out` of each query,
/// `dv = pᵀ·dOut`, `ds = p·(dOut·vᵀ − δ)`, `dq = scale·ds·k` and `dk = scale·dsᵀ·q` (Dao et al.
/// 2022, appendix B.2). A NaN in one query spreads to the keys of its block.
final class SimdAttentionGrad {
  /// Queries are multiplied by `log₂ e` beforehand, gradients of keys by this afterwards.
  private static final float LN_2 = (float) Math.log(2);

  /// A row from one end to the other, as a gap.
  private static final int[] ALL = {0, STRIDE};

  private SimdAttentionGrad() {}

  static void backward(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor lse,
      Tensor dOut,
      AttentionPlan plan,
      float scale,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    int queries = q.dim(2);
    int width = q.dim(3);
    int slots = plan.slots();
    int padded = AttentionWorkspace.padded(width);
    float[] lses = ((Storage.F32) lse.storage()).array();
    Parallel.range(
        q.dim(0) * q.dim(1),
        SimdAttention.grain(q, k),
        (s, e) -> {
          AttentionWorkspace w = AttentionWorkspace.mine();
          w.sums = AttentionWorkspace.grown(w.sums, BLOCK * padded);
          w.keyGrads = AttentionWorkspace.grown(w.keyGrads, slots * padded);
          w.valueGrads = AttentionWorkspace.grown(w.valueGrads, slots * padded);
          for (int h = s; h < e; h++) {
            w.keyPanels = AttentionWorkspace.transposed(Head.of(k, h), plan, width, w.keyPanels);
            w.valuePanels =
                AttentionWorkspace.transposed(Head.of(v, h), plan, width, w.valuePanels);
            w.columns = AttentionWorkspace.columns(Head.of(k, h), plan, width, w.columns);
            Arrays.fill(w.keyGrads, 0, slots * padded, 0);
            Arrays.fill(w.valueGrads, 0, slots * padded, 0);
            Head qs = Head.of(q, h);
            Head ds = Head.of(dOut, h);
            Head outs = Head.of(out, h);
            Head to = Head.of(dq, h);
            int lseAt = lse.layout().offset() + h * queries;
            for (int block = 0; block < plan.blocks(); block++) {
              AttentionWorkspace.rows(qs, plan, block, width, scale * SimdMath.LOG2_E, w.queries);
              AttentionWorkspace.rows(ds, plan, block, width, 1, w.outGrads);
              Arrays.fill(w.sums, 0);
              int rows = plan.end(block) - block * BLOCK;
              float[] deltas = w.denominators;
              for (int i = 0; i < rows; i++) {
                int query = plan.queryAt(block * BLOCK + i);
                w.shifts[i] = lses[lseAt + query] * SimdMath.LOG2_E;
                deltas[i] =
                    AttentionRows.dot(
                        ds.array(), ds.row(query), outs.array(), outs.row(query), width);
              }
              for (Chunk chunk : plan.chunks(block)) {
                chunk(w, chunk, rows, width, slots, deltas);
              }
              for (int i = 0; i < rows; i++) {
                int at = to.row(plan.queryAt(block * BLOCK + i));
                AttentionRows.copy(w.sums, i * padded, width, scale, to.array(), at);
              }
            }
            Head dks = Head.of(dk, h);
            Head dvs = Head.of(dv, h);
            for (int slot = 0; slot < plan.keys(); slot++) {
              int key = plan.keyAt(slot);
              int at = slot * padded;
              AttentionRows.copy(w.keyGrads, at, width, LN_2, dks.array(), dks.row(key));
              AttentionRows.copy(w.valueGrads, at, width, 1, dvs.array(), dvs.row(key));
            }
          }
        });
  }

  private static void chunk(
      AttentionWorkspace w, Chunk chunk, int rows, int width, int slots, float[] deltas) {
    int padded = AttentionWorkspace.padded(width);
    SimdAttention.scores(chunk, rows, w.queries, w.keyPanels, width, w.scores);
    SimdAttention.scores(chunk, rows, w.outGrads, w.valuePanels, width, w.scoreGrads);
    for (int i = 0; i < rows; i++) {
      int[] windows = chunk.windows()[i / ROWS];
      float[] hidden = chunk.hidden(i / ROWS);
      if (hidden != null) {
        AttentionRows.hide(w.scores, hidden, i * STRIDE, windows);
      }
      AttentionRows.grad(w.scores, w.scoreGrads, i * STRIDE, windows, w.shifts[i], deltas[i]);
      if (hidden != null) {
        AttentionRows.clear(w.scoreGrads, hidden, i * STRIDE, windows);
      }
      clear(w, i, chunk.gaps()[i / ROWS]);
    }
    for (int i = rows; i % ROWS != 0; i++) { // queries that are not there
      clear(w, i, ALL);
    }
    SimdAttention.weighted(w, w.scoreGrads, chunk, rows, slots, padded);
    for (int g = 0; g < chunk.runs().length; g++) {
      int[] runs = chunk.runs()[g];
      for (int k = 0; k < runs.length; k += 2) {
        int from = runs[k] * ROWS;
        int n = runs[k + 1] * ROWS - from;
        int at = from * STRIDE + g * ROWS;
        for (int d = 0; d < padded; d += PANEL) {
          int rowsAt = from * QUERY_STRIDE + d;
          int to = (chunk.first() + g * ROWS) * padded + d;
          AttentionTiles.addColumnsTimes(
              w.scores, at, w.outGrads, rowsAt, n, w.valueGrads, to, padded);
          AttentionTiles.addColumnsTimes(
              w.scoreGrads, at, w.queries, rowsAt, n, w.keyGrads, to, padded);
        }
      }
    }
  }

  /// Sets scores of a query and their gradients to 0 where they were not computed and yet are read.
  private static void clear(AttentionWorkspace w, int row, int[] gaps) {
    for (int k = 0; k < gaps.length; k += 2) {
      for (int i = row * STRIDE + gaps[k]; i < row * STRIDE + gaps[k + 1]; i++) {
        w.scores[i] = 0;
        w.scoreGrads[i] = 0;
      }
    }
  }
}
