package smalti.tensor.simd;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static smalti.tensor.simd.AttentionPlan.ROWS;
import static smalti.tensor.simd.AttentionPlan.STRIDE;
import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Turns rows of attention's scores into probabilities, those of a strip in one call: what does not
/// change from vector to vector is loaded once for all. A row has scores in some [Windows], whole
/// vectors long, counted from its beginning. Scores are logarithms to the base 2: queries are
/// multiplied by `log₂ e` beforehand, and `2ˣ` is cheaper than `eˣ`.
///
/// Vectors are loaded by the Vector API itself, which C2 always inlines: inside the long methods of
/// attention it may leave ours ([Lanes#load]) a call.
final class AttentionRows {
  private AttentionRows() {}

  /// Computes `shift·ln 2 + ln total` of each of `n` queries, and of those that make whole vectors.
  static void logSumExp(float[] shifts, float[] totals, float[] out, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector shift = fromArray(FLOATS, shifts, i);
      SimdMath.log(fromArray(FLOATS, totals, i), shift).intoArray(out, i);
    }
  }

  /// Sets vectors of scores and of their gradients to 0: those that are read though nobody computes
  /// them. What lies behind a gap, as far as a vector reaches, is lost, so this comes first.
  ///
  /// @param at where they begin
  static void zero(float[] s, float[] ds, int[] at) {
    for (int i : at) {
      broadcast(FLOATS, 0).intoArray(s, i);
      broadcast(FLOATS, 0).intoArray(ds, i);
    }
  }

  /// Sets what belongs to hidden scores, themselves to −∞ or their gradients to 0, whatever it was.
  ///
  /// @param hidden laid out like the scores, negative where they are hidden
  /// @param at where the vectors begin that have hidden scores
  static void hide(float[] x, float[] hidden, int[] at, float value) {
    for (int i : at) {
      fromArray(FLOATS, x, i)
          .blend(value, fromArray(FLOATS, hidden, i).compare(VectorOperators.LT, 0f))
          .intoArray(x, i);
    }
  }

  /// Returns the largest score, or any number of at most `enough` if none is larger than that. A
  /// NaN is passed over; its exponential will be NaN.
  static float max(float[] s, int row, int[] windows, float enough) {
    FloatVector m0 = broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    FloatVector m1 = m0;
    for (int k = 0; k < windows.length; k += 2) {
      int end = row + windows[k + 1];
      int i = row + windows[k];
      for (; i < end - COUNT; i += 2 * COUNT) {
        FloatVector x0 = fromArray(FLOATS, s, i);
        FloatVector x1 = fromArray(FLOATS, s, i + COUNT);
        m0 = Lanes.larger(m0, x0);
        m1 = Lanes.larger(m1, x1);
      }
      if (i < end) {
        m0 = Lanes.larger(m0, fromArray(FLOATS, s, i));
      }
    }
    m0 = Lanes.larger(m0, m1);
    // A method of ours would be too rare a call for C2 to inline, and then makes m0 an object.
    return m0.compare(VectorOperators.GT, enough).anyTrue()
        ? m0.reduceLanes(VectorOperators.MAX)
        : enough;
  }

  /// Computes `s = 2^(s − shift)` of the rows of a strip, which begin at row `strip`, and adds the
  /// results to a vector of sums for each.
  static void exp(float[] s, int strip, int[] windows, float[] shifts, float[] sums) {
    for (int r = strip; r < strip + ROWS; r++) {
      float shift = shifts[r];
      float taken = shift == Float.NEGATIVE_INFINITY ? 0 : shift; // nothing seen yet
      FloatVector sum = fromArray(FLOATS, sums, r * COUNT);
      for (int k = 0; k < windows.length; k += 2) {
        int end = r * STRIDE + windows[k + 1];
        for (int i = r * STRIDE + windows[k]; i < end; i += COUNT) {
          FloatVector e = SimdMath.exp2(fromArray(FLOATS, s, i), taken);
          e.intoArray(s, i);
          sum = sum.add(e);
        }
      }
      sum.intoArray(sums, r * COUNT);
    }
  }

  /// Multiplies a row in place.
  static void scale(float[] x, int at, int n, float factor) {
    for (int i = at; i < at + n; i += COUNT) {
      fromArray(FLOATS, x, i).mul(factor).intoArray(x, i);
    }
  }

  /// Computes `p = 2^(s − lse)` in place of the scores of a strip, which begins at row `strip`, and
  /// `ds = p·(dp − delta)` in place of the gradients of probabilities.
  static void grad(float[] s, float[] dp, int strip, int[] windows, float[] lses, float[] deltas) {
    for (int r = strip; r < strip + ROWS; r++) {
      float lse = lses[r];
      float delta = deltas[r];
      for (int k = 0; k < windows.length; k += 2) {
        int end = r * STRIDE + windows[k + 1];
        for (int i = r * STRIDE + windows[k]; i < end; i += COUNT) {
          FloatVector p = SimdMath.exp2(fromArray(FLOATS, s, i).sub(lse));
          p.intoArray(s, i);
          fromArray(FLOATS, dp, i).sub(delta).mul(p).intoArray(dp, i);
        }
      }
    }
  }
}
