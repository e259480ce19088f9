package smalti.tensor.simd;

import static smalti.tensor.simd.AttentionPlan.BLOCK;
import static smalti.tensor.simd.AttentionPlan.PANEL;
import static smalti.tensor.simd.AttentionPlan.QUERY_STRIDE;
import static smalti.tensor.simd.AttentionPlan.ROWS;
import static smalti.tensor.simd.AttentionPlan.STRIDE;

import java.util.Arrays;
import smalti.tensor.Layout;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.plain.Floats;
import smalti.tensor.simd.AttentionPlan.Chunk;

/// Does the gradient of attention, a head at a time on one thread, a block of queries and a chunk
/// of keys at a time.
///
/// The probabilities `p = exp(s − lse)` are computed again. With `δ = Σ dOut·out` of each query,
/// `dv = pᵀ·dOut`, `ds = p·(dOut·vᵀ − δ)`, `dq = scale·ds·k` and `dk = scale·dsᵀ·q` (Dao et al.
/// 2022, appendix B.2). A NaN in one query spreads to the keys of its block.
///
/// @param deltas `δ` of each query: (B, H, T)
/// @param padded `width`, the heads', in whole panels
record SimdAttentionGrad(
    Tensor q,
    Tensor k,
    Tensor v,
    Tensor lse,
    Tensor dOut,
    float[] deltas,
    AttentionPlan plan,
    float scale,
    Nearby nearby,
    int width,
    int padded) {
  private static final SimdRowLoops LOOPS = new SimdRowLoops();

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
    int width = q.dim(3);
    int padded = AttentionWorkspace.padded(width);
    float[] deltas = Scratch.floats(Scratch.Use.SHARED_DELTAS, q.dim(0) * q.dim(1) * q.dim(2));
    deltas(out, dOut, deltas);
    Nearby nearby = new Nearby(v, k, q); // sums of deltas have just read dOut
    SimdAttentionGrad pass =
        new SimdAttentionGrad(q, k, v, lse, dOut, deltas, plan, scale, nearby, width, padded);
    Parallel.range(
        q.dim(0) * q.dim(1),
        SimdAttention.grain(q, k),
        (s, e) -> {
          for (int h = s; h < e; h++) {
            pass.head(h, AttentionHead.of(dq, h), AttentionHead.of(dk, h), AttentionHead.of(dv, h));
          }
        });
  }

  /// Computes `δ` of all queries, (B, H, T). This reads rows of all heads as they lie in memory,
  /// side by side, which is several times faster than head by head.
  private static void deltas(Tensor out, Tensor dOut, float[] deltas) {
    int heads = out.dim(1);
    int queries = out.dim(2);
    Layout a = out.layout();
    Layout b = dOut.layout();
    Parallel.range(
        out.dim(0) * queries,
        32,
        (s, e) -> {
          for (int i = s; i < e; i++) {
            int entry = i / queries;
            int query = i % queries;
            int x = a.offset() + entry * a.stride(0) + query * a.stride(2);
            int y = b.offset() + entry * b.stride(0) + query * b.stride(2);
            for (int h = 0; h < heads; h++) {
              deltas[(entry * heads + h) * queries + query] =
                  LOOPS.dot(
                      Floats.array(out),
                      x + h * a.stride(1),
                      Floats.array(dOut),
                      y + h * b.stride(1),
                      out.dim(3));
            }
          }
        });
  }

  private void head(int h, AttentionHead dq, AttentionHead dk, AttentionHead dv) {
    AttentionWorkspace w = AttentionWorkspace.mine();
    nearby.bring(w, h / q.dim(1));
    int slots = plan.slots();
    w.sums = AttentionWorkspace.grown(w.sums, BLOCK * padded);
    w.keyGrads = AttentionWorkspace.grown(w.keyGrads, slots * padded);
    w.valueGrads = AttentionWorkspace.grown(w.valueGrads, slots * padded);
    w.gather(AttentionHead.of(v, h), plan);
    w.valuePanels = w.transposed(width, plan, w.valuePanels);
    w.gather(AttentionHead.of(k, h), plan); // last: gradients of queries are sums of these columns
    w.keyPanels = w.transposed(width, plan, w.keyPanels);
    Arrays.fill(w.keyGrads, 0, slots * padded, 0);
    Arrays.fill(w.valueGrads, 0, slots * padded, 0);
    for (int block = 0; block < plan.blocks(); block++) {
      int rows = plan.end(block) - block * BLOCK;
      queries(w, h, block, rows);
      Arrays.fill(w.sums, 0);
      for (Chunk chunk : plan.chunks(block)) {
        chunk(w, chunk, rows);
      }
      queryGrads(w, block, rows, dq);
    }
    keyGrads(w, dk, dv);
  }

  /// Copies what a block of queries needs.
  private void queries(AttentionWorkspace w, int h, int block, int rows) {
    float[] lses = Floats.array(lse);
    int lseAt = lse.layout().offset() + h * q.dim(2);
    int[] order = plan.queryOrder();
    int start = block * BLOCK;
    for (int i = 0; i < rows; i++) {
      w.shifts[i] = lses[lseAt + order[start + i]] * SimdMath.LOG2_E;
      w.deltas[i] = deltas[h * q.dim(2) + order[start + i]];
    }
    float factor = scale * SimdMath.LOG2_E;
    AttentionWorkspace.rows(AttentionHead.of(q, h), plan, block, factor, w.queries);
    AttentionWorkspace.rows(AttentionHead.of(dOut, h), plan, block, 1, w.outGrads);
  }

  private void queryGrads(AttentionWorkspace w, int block, int rows, AttentionHead dq) {
    dq.scatter(plan.queryOrder(), block * BLOCK, rows, scale, w.sums, padded);
  }

  /// Queries were multiplied by `log₂ e`, so gradients of keys are here by its inverse.
  private void keyGrads(AttentionWorkspace w, AttentionHead dk, AttentionHead dv) {
    dk.scatter(plan.keyOrder(), 0, plan.keys(), SimdMath.LN2, w.keyGrads, padded);
    dv.scatter(plan.keyOrder(), 0, plan.keys(), 1, w.valueGrads, padded);
  }

  private void chunk(AttentionWorkspace w, Chunk chunk, int rows) {
    for (int[] gaps : chunk.gaps()) {
      AttentionRows.zero(w.scores, w.scoreGrads, gaps);
    }
    SimdAttention.scores(chunk, rows, w.queries, w.keyPanels, width, w.scores);
    SimdAttention.scores(chunk, rows, w.outGrads, w.valuePanels, width, w.scoreGrads);
    for (int i = 0; i < rows; i += ROWS) {
      int[] masked = chunk.masked()[i / ROWS];
      AttentionRows.hide(w.scores, chunk.hidden(), masked, Float.NEGATIVE_INFINITY);
      int[] windows = chunk.windows()[i / ROWS];
      AttentionRows.grad(w.scores, w.scoreGrads, i, windows, w.shifts, w.deltas);
      AttentionRows.hide(w.scoreGrads, chunk.hidden(), masked, 0);
    }
    SimdAttention.weighted(w, w.scoreGrads, chunk, rows, plan.slots(), padded);
    for (int g = 0; g < chunk.runs().length; g++) {
      int[] runs = chunk.runs()[g];
      for (int k = 0; k < runs.length; k += 2) {
        int from = runs[k];
        int n = runs[k + 1] - from;
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
}
