package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/// Copies dense rows to columns, or columns to pairs of rows, eight at a time.
///
/// With vectors of eight, a square of eight by eight lies in eight vectors; three times, halves,
/// quarters and single numbers across the diagonal change places. With vectors of another width,
/// numbers are copied one by one: sixteen lanes would need masked stores, which take longer.
final class Transpose {
  /// Rows that are copied at a time.
  static final int ROWS = 8;

  private static final VectorShuffle<Float> BY_4 = Lanes.exchange(4);
  private static final VectorShuffle<Float> BY_2 = Lanes.exchange(2);
  private static final VectorShuffle<Float> BY_1 = Lanes.exchange(1);
  private static final VectorMask<Float> ODD_4 = Lanes.latter(4);
  private static final VectorMask<Float> ODD_2 = Lanes.latter(2);
  private static final VectorMask<Float> ODD_1 = Lanes.latter(1);

  private Transpose() {}

  /// Copies `n` numbers of each of eight rows, `distance` apart: number `k` of row `i` goes to
  /// `to[at + k·stride + i]`.
  static void eightRows(
      float[] from, int row, int distance, int n, float[] to, int at, int stride) {
    int k = 0;
    for (; COUNT == ROWS && k <= n - COUNT; k += COUNT) {
      FloatVector a0 = load(from, row + k);
      FloatVector a1 = load(from, row + distance + k);
      FloatVector a2 = load(from, row + 2 * distance + k);
      FloatVector a3 = load(from, row + 3 * distance + k);
      FloatVector a4 = load(from, row + 4 * distance + k);
      FloatVector a5 = load(from, row + 5 * distance + k);
      FloatVector a6 = load(from, row + 6 * distance + k);
      FloatVector a7 = load(from, row + 7 * distance + k);
      FloatVector b0 = upper(a0, a4, BY_4, ODD_4);
      FloatVector b1 = upper(a1, a5, BY_4, ODD_4);
      FloatVector b2 = upper(a2, a6, BY_4, ODD_4);
      FloatVector b3 = upper(a3, a7, BY_4, ODD_4);
      FloatVector b4 = lower(a0, a4, BY_4, ODD_4);
      FloatVector b5 = lower(a1, a5, BY_4, ODD_4);
      FloatVector b6 = lower(a2, a6, BY_4, ODD_4);
      FloatVector b7 = lower(a3, a7, BY_4, ODD_4);
      a0 = upper(b0, b2, BY_2, ODD_2);
      a1 = upper(b1, b3, BY_2, ODD_2);
      a2 = lower(b0, b2, BY_2, ODD_2);
      a3 = lower(b1, b3, BY_2, ODD_2);
      a4 = upper(b4, b6, BY_2, ODD_2);
      a5 = upper(b5, b7, BY_2, ODD_2);
      a6 = lower(b4, b6, BY_2, ODD_2);
      a7 = lower(b5, b7, BY_2, ODD_2);
      int line = at + k * stride;
      upper(a0, a1, BY_1, ODD_1).intoArray(to, line);
      lower(a0, a1, BY_1, ODD_1).intoArray(to, line + stride);
      upper(a2, a3, BY_1, ODD_1).intoArray(to, line + 2 * stride);
      lower(a2, a3, BY_1, ODD_1).intoArray(to, line + 3 * stride);
      upper(a4, a5, BY_1, ODD_1).intoArray(to, line + 4 * stride);
      lower(a4, a5, BY_1, ODD_1).intoArray(to, line + 5 * stride);
      upper(a6, a7, BY_1, ODD_1).intoArray(to, line + 6 * stride);
      lower(a6, a7, BY_1, ODD_1).intoArray(to, line + 7 * stride);
    }
    for (; k < n; k++) {
      int line = at + k * stride;
      to[line] = from[row + k];
      to[line + 1] = from[row + distance + k];
      to[line + 2] = from[row + 2 * distance + k];
      to[line + 3] = from[row + 3 * distance + k];
      to[line + 4] = from[row + 4 * distance + k];
      to[line + 5] = from[row + 5 * distance + k];
      to[line + 6] = from[row + 6 * distance + k];
      to[line + 7] = from[row + 7 * distance + k];
    }
  }

  /// Copies `n` numbers of each of eight rows that lie side by side, one row's numbers `stride`
  /// apart: number `k` of row `2·p + i` goes to `to[at + p·distance + 2·k + i]`.
  static void fourPairs(
      float[] from, int row, int stride, int n, float[] to, int at, int distance) {
    int k = 0;
    for (; COUNT == ROWS && k <= n - 4; k += 4) {
      int line = row + k * stride;
      FloatVector a0 = load(from, line);
      FloatVector a1 = load(from, line + stride);
      FloatVector a2 = load(from, line + 2 * stride);
      FloatVector a3 = load(from, line + 3 * stride);
      FloatVector b0 = upper(a0, a2, BY_4, ODD_4);
      FloatVector b1 = upper(a1, a3, BY_4, ODD_4);
      FloatVector b2 = lower(a0, a2, BY_4, ODD_4);
      FloatVector b3 = lower(a1, a3, BY_4, ODD_4);
      upper(b0, b1, BY_2, ODD_2).intoArray(to, at + 2 * k);
      lower(b0, b1, BY_2, ODD_2).intoArray(to, at + 2 * k + distance);
      upper(b2, b3, BY_2, ODD_2).intoArray(to, at + 2 * k + 2 * distance);
      lower(b2, b3, BY_2, ODD_2).intoArray(to, at + 2 * k + 3 * distance);
    }
    for (; k < n; k++) {
      int line = row + k * stride;
      for (int pair = 0; pair < 4; pair++) {
        to[at + pair * distance + 2 * k] = from[line + 2 * pair];
        to[at + pair * distance + 2 * k + 1] = from[line + 2 * pair + 1];
      }
    }
  }

  /// Returns `a` with its odd parts taken from the even ones of `b`.
  private static FloatVector upper(
      FloatVector a, FloatVector b, VectorShuffle<Float> exchange, VectorMask<Float> odd) {
    return a.blend(b.rearrange(exchange), odd);
  }

  /// Returns `b` with its even parts taken from the odd ones of `a`.
  private static FloatVector lower(
      FloatVector a, FloatVector b, VectorShuffle<Float> exchange, VectorMask<Float> odd) {
    return a.rearrange(exchange).blend(b, odd);
  }
}
