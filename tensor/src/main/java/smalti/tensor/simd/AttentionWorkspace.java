package smalti.tensor.simd;

import java.util.Arrays;

/// Holds what one thread needs to do attention, and copies queries, keys and values into the
/// layouts that [AttentionTiles] wants, head widths padded with zeros to whole panels.
final class AttentionWorkspace {
  private static final int ROWS = AttentionPlan.ROWS;
  private static final int PANEL = AttentionPlan.PANEL;
  private static final int BLOCK = AttentionPlan.BLOCK;
  private static final int CHUNK = AttentionPlan.CHUNK;
  private static final int STRIDE = AttentionPlan.STRIDE;
  private static final int QUERY_STRIDE = AttentionPlan.QUERY_STRIDE;
  private static final ThreadLocal<AttentionWorkspace> MINE =
      ThreadLocal.withInitial(AttentionWorkspace::new);

  /// Keys transposed, a chunk at a time: (chunks, width, STRIDE).
  float[] keyPanels = new float[0];

  /// Values transposed, a chunk at a time: (chunks, width, STRIDE).
  float[] valuePanels = new float[0];

  /// Keys or values by slot, in panels of columns: (padded width/PANEL, slots, PANEL).
  float[] columns = new float[0];

  /// Gradients of keys by slot: (slots, padded width).
  float[] keyGrads = new float[0];

  /// Gradients of values by slot: (slots, padded width).
  float[] valueGrads = new float[0];

  /// A block's queries: (BLOCK, QUERY_STRIDE).
  final float[] queries = new float[BLOCK * QUERY_STRIDE];

  /// Gradients of a block's results: (BLOCK, QUERY_STRIDE).
  final float[] outGrads = new float[BLOCK * QUERY_STRIDE];

  /// A block's results, or gradients of its queries: (BLOCK, padded width).
  float[] sums = new float[0];

  /// A chunk's scores and probabilities: (BLOCK, STRIDE).
  final float[] scores = new float[BLOCK * STRIDE];

  /// Gradients of a chunk's scores: (BLOCK, STRIDE).
  final float[] scoreGrads = new float[BLOCK * STRIDE];

  /// What has been taken from the scores of each of a block's queries before `exp`.
  final float[] shifts = new float[BLOCK];

  /// Sums of exponentials of each of a block's queries.
  final float[] totals = new float[BLOCK];

  /// Logarithms of the sums of exponentials of each of a block's queries.
  final float[] lses = new float[BLOCK];

  /// Sums of results times their gradients of each of a block's queries.
  final float[] deltas = new float[BLOCK];

  /// Sums of exponentials of each of a block's queries, a vector each, not yet added up.
  final float[] vectorSums = new float[BLOCK * Lanes.COUNT];

  /// Which entry of which tensors this thread brought near last.
  long nearby;

  /// Bits that were read only so that they be near.
  int read;

  private AttentionWorkspace() {}

  /// Returns this thread's.
  static AttentionWorkspace mine() {
    return MINE.get();
  }

  /// Returns a head width rounded up to whole panels.
  static int padded(int width) {
    return (width + PANEL - 1) / PANEL * PANEL;
  }

  /// Returns an array of at least `n` floats: the given one if it is large enough.
  static float[] grown(float[] array, int n) {
    return array.length >= n ? array : new float[n];
  }

  /// Sets [#columns] to keys or values; the slots that fill the last chunk become zeros.
  void gather(AttentionHead x, AttentionPlan plan) {
    int panel = plan.slots() * PANEL;
    int end = plan.slots() * padded(x.width());
    columns = grown(columns, end);
    x.gather(plan.keyOrder(), 0, plan.keys(), 1, columns, PANEL, panel);
    for (int at = 0; at < end; at += panel) {
      Arrays.fill(columns, at + plan.keys() * PANEL, at + panel, 0);
    }
  }

  /// Copies [#columns] to transposed chunks. From rows as they lie in memory, far apart, that would
  /// take longer: there are too many instructions between loads for many of them to wait at once.
  ///
  /// @return `to`, or a larger array
  float[] transposed(int width, AttentionPlan plan, float[] to) {
    float[] out = grown(to, plan.chunks() * width * STRIDE);
    for (int first = 0; first < plan.keys(); first += CHUNK) {
      int at = first / CHUNK * width * STRIDE;
      int n = Math.min(CHUNK, whole(plan.keys() - first));
      for (int d = 0; d < width; d += PANEL) {
        int from = d * plan.slots() + first * PANEL;
        int panel = Math.min(PANEL, width - d);
        for (int i = 0; i < n; i += Transpose.ROWS) {
          Transpose.eightRows(
              columns, from + i * PANEL, PANEL, panel, out, at + d * STRIDE + i, STRIDE);
        }
      }
      for (int d = 0; d < width && n < CHUNK; d++) {
        Arrays.fill(out, at + d * STRIDE + n, at + d * STRIDE + CHUNK, 0);
      }
    }
    return out;
  }

  /// Returns a number of keys rounded up to what is transposed at a time.
  private static int whole(int keys) {
    return (keys + Transpose.ROWS - 1) / Transpose.ROWS * Transpose.ROWS;
  }

  /// Copies a block's rows, times `scale`, filled up with zeros to a padded width; queries that are
  /// not there are zeros, as many as make whole strips.
  static void rows(AttentionHead x, AttentionPlan plan, int block, float scale, float[] out) {
    int start = block * BLOCK;
    int n = plan.end(block) - start;
    x.gather(plan.queryOrder(), start, n, scale, out, QUERY_STRIDE, PANEL);
    for (int i = n; i % ROWS != 0; i++) {
      Arrays.fill(out, i * QUERY_STRIDE, i * QUERY_STRIDE + padded(x.width()), 0);
    }
  }
}
