package smalti.tensor.simd;

import static smalti.tensor.simd.AttentionPlan.BLOCK;
import static smalti.tensor.simd.AttentionPlan.CHUNK;
import static smalti.tensor.simd.AttentionPlan.PANEL;
import static smalti.tensor.simd.AttentionPlan.QUERY_STRIDE;
import static smalti.tensor.simd.AttentionPlan.ROWS;
import static smalti.tensor.simd.AttentionPlan.STRIDE;
import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.load;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.simd.AttentionPlan.Chunk;

/// Does scaled dot-product attention, a head at a time on one thread, a block of queries and a
/// chunk of keys at a time, with running softmax (Dao et al. 2022, FlashAttention): only a chunk's
/// scores ever exist.
///
/// With `m` what was taken from a query's scores so far, `l` the sum of weights and `o` the sum of
/// values so weighted, a chunk adds `2^(s − m)` and `2^(s − m)·v`. If it brings a score much larger
/// than `m`, then `m` becomes that score, rounded, and `l` and `o` are multiplied by `2^(m_old −
/// m)`; [#SLACK] says how much larger, so that this is rare.
///
/// Scores of keys that a query does not see become −∞, so their weights are exact zeros and they
/// change no bit of a finite result. `0·∞` of a hidden value does spoil a row; such rows are
/// computed again by the plain kernel, which touches visible keys only.
///
/// No score of a block is larger than its longest query times the head's longest key. Where that
/// says that all are small, as it does unless logits are sharp, `m` is 0 for good and nobody looks
/// for the largest score. As `m` is a whole number and taken from exponents only, results have the
/// same bits either way: what a query does not see changes none of them.
///
/// @param padded `width`, the heads', in whole panels
record SimdAttention(
    Tensor q,
    Tensor k,
    Tensor v,
    AttentionPlan plan,
    float scale,
    Tensor out,
    Tensor lse,
    Again again,
    Nearby nearby,
    int width,
    int padded) {
  /// How far a score may lie above what is taken from it. Sums of a million `2¹⁰` are small against
  /// the largest float.
  private static final float SLACK = 10;

  /// How large scores may be, up and down, that nothing is taken from: `2³²` is small against the
  /// largest float, and `2⁻³²` times a value loses bits only if that is below `2⁻⁷⁰`.
  private static final float SMALL = 32;

  /// How large a score may be, up or down, that [SimdMath#exp2] can take from others. A query with
  /// a larger one becomes NaN here and is computed again.
  private static final float MOST = 4096;

  /// Computes a query again.
  interface Again {
    void query(int head, int query);
  }

  static int grain(Tensor q, Tensor k) {
    long work = 1L + (long) q.dim(2) * k.dim(2) * q.dim(3);
    return (int) Math.max(1, (1 << 18) / work);
  }

  static void forward(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionPlan plan,
      float scale,
      Tensor out,
      Tensor lse,
      Again again) {
    int width = q.dim(3);
    int padded = AttentionWorkspace.padded(width);
    Nearby nearby = new Nearby(k, v, q);
    SimdAttention pass =
        new SimdAttention(q, k, v, plan, scale, out, lse, again, nearby, width, padded);
    Parallel.range(
        q.dim(0) * q.dim(1),
        grain(q, k),
        (s, e) -> {
          for (int h = s; h < e; h++) {
            pass.head(h);
          }
        });
  }

  private void head(int h) {
    AttentionWorkspace w = AttentionWorkspace.mine();
    nearby.bring(w, h / q.dim(1));
    w.sums = AttentionWorkspace.grown(w.sums, BLOCK * padded);
    w.gather(AttentionHead.of(k, h), plan);
    w.keyPanels = w.transposed(width, plan, w.keyPanels);
    w.gather(AttentionHead.of(v, h), plan);
    float longestKey = AttentionLengths.longestKey(w, plan, width);
    for (int block = 0; block < plan.blocks(); block++) {
      float factor = scale * SimdMath.LOG2_E;
      AttentionWorkspace.rows(AttentionHead.of(q, h), plan, block, factor, w.queries);
      int rows = plan.end(block) - block * BLOCK;
      float longest = AttentionLengths.longestQuery(w, rows, padded);
      boolean small = longest * longestKey <= SMALL; // not if one is NaN
      Arrays.fill(w.shifts, small ? 0 : Float.NEGATIVE_INFINITY);
      Arrays.fill(w.vectorSums, 0);
      Arrays.fill(w.sums, 0);
      for (Chunk chunk : plan.chunks(block)) {
        chunk(w, chunk, rows, small);
      }
      sumExponentials(w, rows);
      finish(w, h, block, rows);
    }
  }

  /// Adds what a block of queries sees in a chunk of keys.
  private void chunk(AttentionWorkspace w, Chunk chunk, int rows, boolean small) {
    scores(chunk, rows, w.queries, w.keyPanels, width, w.scores);
    for (int i = 0; i < rows; i += ROWS) {
      int[] windows = chunk.windows()[i / ROWS];
      AttentionRows.hide(
          w.scores, chunk.hidden(), chunk.masked()[i / ROWS], Float.NEGATIVE_INFINITY);
      for (int r = i; r < i + ROWS && !small; r++) {
        shift(w, windows, r, padded);
      }
      AttentionRows.exp(w.scores, i, windows, w.shifts, w.vectorSums);
    }
    weighted(w, w.scores, chunk, rows, plan.slots(), padded);
  }

  /// Computes the products of queries and keys that a chunk needs.
  static void scores(
      Chunk chunk, int rows, float[] queries, float[] panels, int width, float[] scores) {
    int panelAt = chunk.first() / CHUNK * width * STRIDE;
    for (int i = 0; i < rows; i += ROWS) {
      int[] windows = chunk.windows()[i / ROWS];
      for (int k = 0; k < windows.length; k += 2) {
        int end = windows[k + 1];
        int j = windows[k];
        for (; j <= end - PANEL; j += PANEL) {
          AttentionTiles.scores(
              queries, i * QUERY_STRIDE, panels, panelAt + j, width, scores, i * STRIDE + j);
        }
        if (j < end) {
          AttentionTiles.halfScores(
              queries, i * QUERY_STRIDE, panels, panelAt + j, width, scores, i * STRIDE + j);
        }
      }
    }
  }

  /// Adds to each query's sums the rows of `w.columns`, weighted by its row of `weights`.
  static void weighted(
      AttentionWorkspace w, float[] weights, Chunk chunk, int rows, int slots, int padded) {
    for (int i = 0; i < rows; i += ROWS) {
      int[] windows = chunk.windows()[i / ROWS];
      for (int k = 0; k < windows.length; k += 2) {
        int from = windows[k];
        int n = windows[k + 1] - from;
        int at = (chunk.first() + from) * PANEL;
        for (int d = 0; d < padded; d += PANEL) {
          AttentionTiles.addRowsTimes(
              weights,
              i * STRIDE + from,
              w.columns,
              d * slots + at,
              n,
              w.sums,
              i * padded + d,
              padded);
        }
      }
    }
  }

  /// Takes more from a query's scores if the chunk brings much larger ones.
  private static void shift(AttentionWorkspace w, int[] windows, int i, int padded) {
    float shift = w.shifts[i];
    float max = AttentionRows.max(w.scores, i * STRIDE, windows, shift + SLACK);
    if (max > shift + SLACK) {
      float next = Math.abs(max) < MOST ? (float) Math.rint(max) : Float.NaN;
      if (shift != Float.NEGATIVE_INFINITY) {
        float factor = (float) Math.pow(2, shift - next);
        AttentionRows.scale(w.sums, i * padded, padded, factor);
        AttentionRows.scale(w.vectorSums, i * COUNT, COUNT, factor);
      }
      w.shifts[i] = next;
    }
  }

  /// Computes the sum of weights of each of a block's queries, and its logarithm.
  private static void sumExponentials(AttentionWorkspace w, int rows) {
    for (int i = 0; i < rows; i++) {
      w.totals[i] = Lanes.sum(load(w.vectorSums, i * COUNT));
    }
    AttentionRows.logSumExp(w.shifts, w.totals, w.lses, rows);
  }

  /// Divides each query's weighted sum by the sum of weights. What is not finite is done again.
  private void finish(AttentionWorkspace w, int h, int block, int rows) {
    float[] lses = ((Storage.F32) lse.storage()).array();
    int lseAt = lse.layout().offset() + h * q.dim(2);
    int[] order = plan.queryOrder();
    int start = block * BLOCK;
    for (int i = 0; i < rows; i++) {
      lses[lseAt + order[start + i]] = w.lses[i];
      w.totals[i] = 1 / w.totals[i];
    }
    AttentionHead to = AttentionHead.of(out, h);
    if (!to.scatterFinite(order, start, rows, w.totals, w.sums, padded)) {
      for (int i = 0; i < rows; i++) {
        if (!to.finite(order[start + i])) {
          again.query(h, order[start + i]);
        }
      }
    }
  }
}
