package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Turns rows of attention's scores into probabilities. A row begins at `row` and has scores in
/// some [Windows], whole vectors long, counted from there. Scores are logarithms to the base 2:
/// queries are multiplied by `log₂ e` beforehand, and `2ˣ` is cheaper than `eˣ`.
final class AttentionRows {
  private AttentionRows() {}

  /// Multiplies a row in place and returns whether all of it is finite.
  static boolean scaleFinite(float[] x, int at, int n, float factor) {
    FloatVector zeros = all(0);
    for (int i = at; i < at + n; i += COUNT) {
      FloatVector y = load(x, i).mul(factor);
      y.intoArray(x, i);
      zeros = y.fma(all(0), zeros); // 0·∞ is NaN
    }
    return zeros.compare(VectorOperators.EQ, 0f).allTrue();
  }

  /// Copies a row of any length, times a factor.
  static void copy(float[] x, int from, int n, float factor, float[] out, int at) {
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      load(x, from + i).mul(factor).intoArray(out, at + i);
    }
    for (; i < n; i++) {
      out[at + i] = factor * x[from + i];
    }
  }

  /// Returns `Σ a·b` of rows of any length.
  static float dot(float[] a, int aAt, float[] b, int bAt, int n) {
    FloatVector sum = all(0);
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      sum = load(a, aAt + i).fma(load(b, bAt + i), sum);
    }
    float rest = 0;
    for (; i < n; i++) {
      rest = Math.fma(a[aAt + i], b[bAt + i], rest);
    }
    return Lanes.sum(sum) + rest;
  }

  /// Sets scores that are hidden to −∞, whatever they were.
  ///
  /// @param hidden laid out like the scores, negative where they are hidden
  static void hide(float[] s, float[] hidden, int row, int[] windows) {
    for (int k = 0; k < windows.length; k += 2) {
      int end = row + windows[k + 1];
      for (int i = row + windows[k]; i < end; i += COUNT) {
        load(s, i)
            .blend(Float.NEGATIVE_INFINITY, load(hidden, i).compare(VectorOperators.LT, 0f))
            .intoArray(s, i);
      }
    }
  }

  /// Returns the largest score, or any number of at most `enough` if none is larger than that. A
  /// NaN is passed over; its exponential will be NaN.
  static float max(float[] s, int row, int[] windows, float enough) {
    FloatVector m0 = all(Float.NEGATIVE_INFINITY);
    FloatVector m1 = m0;
    for (int k = 0; k < windows.length; k += 2) {
      int end = row + windows[k + 1];
      for (int i = row + windows[k]; i < end; i += 2 * COUNT) {
        FloatVector x0 = load(s, i);
        FloatVector x1 = load(s, i + COUNT);
        m0 = Lanes.larger(m0, x0);
        m1 = Lanes.larger(m1, x1);
      }
    }
    m0 = Lanes.larger(m0, m1);
    // Not Lanes.max: C2 may find this call too rare to inline, and then makes m0 an object.
    return m0.compare(VectorOperators.GT, enough).anyTrue()
        ? m0.reduceLanes(VectorOperators.MAX)
        : enough;
  }

  /// Computes `s = 2^(s − shift)` and adds the results to a vector of sums.
  static void exp(float[] s, int row, int[] windows, float shift, float[] sums, int sumsAt) {
    FloatVector sum = load(sums, sumsAt);
    for (int k = 0; k < windows.length; k += 2) {
      int end = row + windows[k + 1];
      for (int i = row + windows[k]; i < end; i += COUNT) {
        FloatVector e = SimdMath.exp2(load(s, i).sub(shift));
        e.intoArray(s, i);
        sum = sum.add(e);
      }
    }
    sum.intoArray(sums, sumsAt);
  }

  /// Multiplies a row in place.
  static void scale(float[] x, int at, int n, float factor) {
    for (int i = at; i < at + n; i += COUNT) {
      load(x, i).mul(factor).intoArray(x, i);
    }
  }

  /// Computes `p = 2^(s − lse)` in place of the scores, and `ds = p·(dp − delta)` in place of the
  /// gradients of probabilities.
  static void grad(float[] s, float[] dp, int row, int[] windows, float lse, float delta) {
    for (int k = 0; k < windows.length; k += 2) {
      int end = row + windows[k + 1];
      for (int i = row + windows[k]; i < end; i += COUNT) {
        FloatVector p = SimdMath.exp2(load(s, i).sub(lse));
        p.intoArray(s, i);
        load(dp, i).sub(delta).mul(p).intoArray(dp, i);
      }
    }
  }

  /// Sets gradients of hidden scores to 0, whatever they were.
  static void clear(float[] ds, float[] hidden, int row, int[] windows) {
    for (int k = 0; k < windows.length; k += 2) {
      int end = row + windows[k + 1];
      for (int i = row + windows[k]; i < end; i += COUNT) {
        load(ds, i).blend(0f, load(hidden, i).compare(VectorOperators.LT, 0f)).intoArray(ds, i);
      }
    }
  }
}
