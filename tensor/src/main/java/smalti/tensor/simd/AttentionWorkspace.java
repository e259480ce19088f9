package smalti.tensor.simd;

import java.util.Arrays;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Holds what one thread needs to do attention, and copies queries, keys and values into the
/// layouts that [AttentionTiles] wants, head widths padded with zeros to whole panels.
final class AttentionWorkspace {
  private static final int ROWS = AttentionPlan.ROWS;
  private static final int PANEL = AttentionPlan.PANEL;
  private static final int BLOCK = AttentionPlan.BLOCK;
  private static final ThreadLocal<AttentionWorkspace> MINE =
      ThreadLocal.withInitial(AttentionWorkspace::new);

  /// Is the matrix of one head: dense rows, `stride` apart.
  record Head(float[] array, int at, int stride) {
    static Head of(Tensor t, int head) {
      int heads = t.dim(1);
      int at =
          t.layout().offset()
              + head / heads * t.layout().stride(0)
              + head % heads * t.layout().stride(1);
      return new Head(((Storage.F32) t.storage()).array(), at, t.layout().stride(2));
    }

    int row(int i) {
      return at + i * stride;
    }
  }

  /// Keys, panels transposed: (panels, width, PANEL).
  float[] keyPanels = new float[0];

  /// Values, panels transposed: (panels, width, PANEL).
  float[] valuePanels = new float[0];

  /// Keys or values by slot, in panels of columns: (padded width/PANEL, slots, PANEL).
  float[] columns = new float[0];

  /// Gradients of keys by slot: (slots, padded width).
  float[] keyGrads = new float[0];

  /// Gradients of values by slot: (slots, padded width).
  float[] valueGrads = new float[0];

  /// A block's queries, strips transposed: (strips, width, ROWS).
  float[] queryStrips = new float[0];

  /// A block's queries, in panels of columns: (padded width/PANEL, BLOCK, PANEL).
  float[] queryColumns = new float[0];

  /// Gradients of a block's results, strips transposed: (strips, width, ROWS).
  float[] outGradStrips = new float[0];

  /// Gradients of a block's results, in panels of columns: (padded width/PANEL, BLOCK, PANEL).
  float[] outGradColumns = new float[0];

  /// A block's results, or gradients of its queries: (BLOCK, padded width).
  float[] sums = new float[0];

  /// A chunk's scores and probabilities: (BLOCK, STRIDE).
  final float[] scores = new float[BLOCK * AttentionPlan.STRIDE];

  /// Gradients of a chunk's scores: (BLOCK, STRIDE).
  final float[] scoreGrads = new float[BLOCK * AttentionPlan.STRIDE];

  /// What has been taken from the scores of each of a block's queries before `exp`.
  final float[] shifts = new float[BLOCK];

  /// Sums of exponentials of each of a block's queries, a vector each.
  final float[] denominators = new float[BLOCK * Lanes.COUNT];

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

  /// Makes room for a block of queries.
  void prepareForward(int width) {
    queryStrips = grown(queryStrips, BLOCK * width);
    sums = grown(sums, BLOCK * padded(width));
  }

  /// Makes room for a block of queries and its gradients.
  void prepareBackward(int width) {
    prepareForward(width);
    outGradStrips = grown(outGradStrips, BLOCK * width);
    queryColumns = grown(queryColumns, BLOCK * padded(width));
    outGradColumns = grown(outGradColumns, BLOCK * padded(width));
  }

  /// Copies keys or values to transposed panels.
  static float[] panels(Head x, AttentionPlan plan, int width, float[] to) {
    int panels = plan.panels();
    float[] out = grown(to, panels * PANEL * width);
    for (int p = 0; p < panels; p++) {
      int at = p * PANEL * width;
      int n = Math.min(PANEL, plan.keys() - p * PANEL);
      if (n < PANEL) {
        Arrays.fill(out, at, at + PANEL * width, 0);
      }
      for (int j = 0; j < n; j++) {
        int from = x.row(plan.keyAt(p * PANEL + j));
        for (int d = 0; d < width; d++) {
          out[at + d * PANEL + j] = x.array[from + d];
        }
      }
    }
    return out;
  }

  /// Copies keys or values to panels of columns, rows by slot; the slots that fill the last panel
  /// of keys are zeros.
  static float[] columns(Head x, AttentionPlan plan, int width, float[] to) {
    int slots = plan.panels() * PANEL;
    float[] out = grown(to, slots * padded(width));
    for (int slot = 0; slot < slots; slot++) {
      boolean there = slot < plan.keys();
      columns(
          x.array,
          there ? x.row(plan.keyAt(slot)) : 0,
          there ? width : 0,
          width,
          1,
          out,
          slot,
          slots);
    }
    return out;
  }

  /// Copies `n` numbers, times `scale`, to a row of panels of columns, and zeros after them.
  private static void columns(
      float[] x, int from, int n, int width, float scale, float[] out, int row, int rows) {
    for (int d0 = 0; d0 < padded(width); d0 += PANEL) {
      int at = d0 * rows + row * PANEL;
      int here = Math.clamp(n - d0, 0, PANEL);
      for (int d = 0; d < here; d++) {
        out[at + d] = scale * x[from + d0 + d];
      }
      Arrays.fill(out, at + here, at + PANEL, 0);
    }
  }

  /// Copies a block's rows, times `scale`, to transposed strips; queries that are not there are
  /// zeros.
  static void strips(Head x, AttentionPlan plan, int block, int width, float scale, float[] out) {
    int start = block * BLOCK;
    int end = plan.end(block);
    for (int i = 0; i < BLOCK; i++) {
      int at = i / ROWS * ROWS * width + i % ROWS;
      if (start + i < end) {
        int from = x.row(plan.queryAt(start + i));
        for (int d = 0; d < width; d++) {
          out[at + d * ROWS] = scale * x.array[from + d];
        }
      } else {
        for (int d = 0; d < width; d++) {
          out[at + d * ROWS] = 0;
        }
      }
    }
  }

  /// Copies a block's rows, times `scale`, to panels of columns; queries that are not there are
  /// zeros.
  static void blockColumns(
      Head x, AttentionPlan plan, int block, int width, float scale, float[] out) {
    int start = block * BLOCK;
    int end = plan.end(block);
    for (int i = 0; i < BLOCK; i++) {
      boolean there = start + i < end;
      int from = there ? x.row(plan.queryAt(start + i)) : 0;
      columns(x.array, from, there ? width : 0, width, scale, out, i, BLOCK);
    }
  }
}
