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

  /// Sums of each of a block's queries, a vector each, not yet added up: of exponentials, or of
  /// results times their gradients.
  final float[] vectorSums = new float[BLOCK * Lanes.COUNT];

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

  /// Copies keys or values to transposed chunks; the slots that fill the last one are zeros.
  static float[] transposed(AttentionHead x, AttentionPlan plan, float[] to) {
    int width = x.width();
    float[] out = grown(to, plan.chunks() * width * STRIDE);
    int keys = plan.keys();
    for (int first = 0; first < keys; first += CHUNK) {
      int at = first / CHUNK * width * STRIDE;
      int n = Math.min(CHUNK, keys - first);
      x.transpose(plan.keyOrder(), first, n, out, at, STRIDE);
      for (int d = 0; d < width && n < CHUNK; d++) {
        Arrays.fill(out, at + d * STRIDE + n, at + d * STRIDE + CHUNK, 0);
      }
    }
    return out;
  }

  /// Copies keys or values to panels of columns, rows by slot; the slots that fill the last chunk
  /// are zeros.
  static float[] columns(AttentionHead x, AttentionPlan plan, float[] to) {
    int panel = plan.slots() * PANEL;
    float[] out = grown(to, plan.slots() * padded(x.width()));
    x.gather(plan.keyOrder(), 0, plan.keys(), 1, out, PANEL, panel);
    for (int end = panel; end <= plan.slots() * padded(x.width()); end += panel) {
      Arrays.fill(out, end - panel + plan.keys() * PANEL, end, 0);
    }
    return out;
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
