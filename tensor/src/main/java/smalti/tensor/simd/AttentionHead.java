package smalti.tensor.simd;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static smalti.tensor.simd.AttentionPlan.PANEL;
import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Is the matrix of one of attention's heads, (rows, width): dense rows, `stride` apart. Copies its
/// rows, in any order, to where tiles want them, and back.
///
/// Rows are short, so copies go through all of them two panels of columns at a time, then one: a
/// loop over a row's few vectors would take longer to begin and to end than to run.
record AttentionHead(float[] array, int at, int stride, int width) {
  /// Returns a head of a tensor (B, H, rows, width).
  static AttentionHead of(Tensor t, int head) {
    int heads = t.dim(1);
    int at =
        t.layout().offset()
            + head / heads * t.layout().stride(0)
            + head % heads * t.layout().stride(1);
    return new AttentionHead(
        ((Storage.F32) t.storage()).array(), at, t.layout().stride(2), t.dim(3));
  }

  /// Copies `n` rows, times a factor, filled up with zeros to whole panels.
  ///
  /// @param order which rows, from place `first` on
  /// @param to where to, from its beginning on
  /// @param rowDistance how far apart rows come to lie
  /// @param panelDistance how far apart panels come to lie
  void gather(
      int[] order, int first, int n, float factor, float[] to, int rowDistance, int panelDistance) {
    int d = 0;
    int panel = 0;
    for (; d <= width - 2 * PANEL; d += 2 * PANEL) {
      for (int i = 0; i < n; i++) {
        int x = at + order[first + i] * stride + d;
        int y = panel + i * rowDistance;
        int z = y + panelDistance;
        fromArray(FLOATS, array, x).mul(factor).intoArray(to, y);
        fromArray(FLOATS, array, x + COUNT).mul(factor).intoArray(to, y + COUNT);
        fromArray(FLOATS, array, x + PANEL).mul(factor).intoArray(to, z);
        fromArray(FLOATS, array, x + PANEL + COUNT).mul(factor).intoArray(to, z + COUNT);
      }
      panel += 2 * panelDistance;
    }
    for (; d <= width - PANEL; d += PANEL) {
      for (int i = 0; i < n; i++) {
        int x = at + order[first + i] * stride + d;
        int y = panel + i * rowDistance;
        fromArray(FLOATS, array, x).mul(factor).intoArray(to, y);
        fromArray(FLOATS, array, x + COUNT).mul(factor).intoArray(to, y + COUNT);
      }
      panel += panelDistance;
    }
    for (int i = 0; i < n && d < width; i++) {
      int x = at + order[first + i] * stride + d;
      for (int j = 0; j < PANEL; j++) {
        to[panel + i * rowDistance + j] = d + j < width ? factor * array[x + j] : 0;
      }
    }
  }

  /// Sets `n` rows to what lies elsewhere, dense rows `distance` apart, times a factor.
  void scatter(int[] order, int first, int n, float factor, float[] from, int distance) {
    int d = 0;
    for (; d <= width - 2 * PANEL; d += 2 * PANEL) {
      for (int i = 0; i < n; i++) {
        int x = i * distance + d;
        int y = at + order[first + i] * stride + d;
        fromArray(FLOATS, from, x).mul(factor).intoArray(array, y);
        fromArray(FLOATS, from, x + COUNT).mul(factor).intoArray(array, y + COUNT);
        fromArray(FLOATS, from, x + PANEL).mul(factor).intoArray(array, y + PANEL);
        fromArray(FLOATS, from, x + PANEL + COUNT).mul(factor).intoArray(array, y + PANEL + COUNT);
      }
    }
    for (; d <= width - PANEL; d += PANEL) {
      for (int i = 0; i < n; i++) {
        int x = i * distance + d;
        int y = at + order[first + i] * stride + d;
        fromArray(FLOATS, from, x).mul(factor).intoArray(array, y);
        fromArray(FLOATS, from, x + COUNT).mul(factor).intoArray(array, y + COUNT);
      }
    }
    for (int i = 0; i < n && d < width; i++) {
      for (int j = d; j < width; j++) {
        array[at + order[first + i] * stride + j] = factor * from[i * distance + j];
      }
    }
  }

  /// Sets `n` rows to what lies elsewhere, dense rows `distance` apart, each times a factor of its
  /// own, and returns whether all of them are finite.
  boolean scatterFinite(
      int[] order, int first, int n, float[] factors, float[] from, int distance) {
    FloatVector zeros = broadcast(FLOATS, 0); // 0·∞ is NaN
    FloatVector more = zeros;
    int d = 0;
    for (; d <= width - PANEL; d += PANEL) {
      for (int i = 0; i < n; i++) {
        int x = i * distance + d;
        int y = at + order[first + i] * stride + d;
        FloatVector y0 = fromArray(FLOATS, from, x).mul(factors[i]);
        FloatVector y1 = fromArray(FLOATS, from, x + COUNT).mul(factors[i]);
        y0.intoArray(array, y);
        y1.intoArray(array, y + COUNT);
        zeros = y0.fma(broadcast(FLOATS, 0), zeros);
        more = y1.fma(broadcast(FLOATS, 0), more);
      }
    }
    float rest = 0;
    for (int i = 0; i < n && d < width; i++) {
      for (int j = d; j < width; j++) {
        float y = factors[i] * from[i * distance + j];
        array[at + order[first + i] * stride + j] = y;
        rest = Math.fma(y, 0f, rest);
      }
    }
    return zeros.add(more).compare(VectorOperators.EQ, 0f).allTrue() && rest == 0;
  }

  /// Returns whether all numbers of a row are finite.
  boolean finite(int i) {
    for (int d = 0; d < width; d++) {
      if (!Float.isFinite(array[at + i * stride + d])) {
        return false;
      }
    }
    return true;
  }
}
