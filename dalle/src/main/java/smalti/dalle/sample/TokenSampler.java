package smalti.dalle.sample;

import java.util.Arrays;
import java.util.stream.IntStream;

/// Draws one token from one row of logits.
final class TokenSampler {
  private TokenSampler() {}

  /// Returns the index drawn.
  ///
  /// @param logits scores, not changed
  /// @param uniform a number of `[0, 1)` that decides the draw
  /// @throws IllegalArgumentException if a score is NaN or +∞, or all are −∞
  static int draw(float[] logits, Sampling s, double uniform) {
    int best = argmax(logits);
    if (!Float.isFinite(logits[best])) {
      throw new IllegalArgumentException(
          "sampling: the model's scores are not finite; its training has diverged");
    }
    if (s.temperature() == 0) {
      return best;
    }
    boolean cut = s.topK() > 0 && s.topK() < logits.length || s.topP() < 1;
    int[] order = cut ? mostLikelyFirst(logits) : IntStream.range(0, logits.length).toArray();
    int kept = s.topK() > 0 ? Math.min(s.topK(), logits.length) : logits.length;
    double[] weight = new double[kept];
    double sum = 0;
    for (int i = 0; i < kept; i++) {
      weight[i] = Math.exp((logits[order[i]] - logits[best]) / s.temperature());
      sum += weight[i];
    }
    if (s.topP() < 1) {
      double reached = 0;
      int n = 0;
      while (n < kept && reached < s.topP() * sum) {
        reached += weight[n++];
      }
      kept = n;
      sum = reached;
    }
    double target = uniform * sum;
    for (int i = 0; i < kept; i++) {
      target -= weight[i];
      if (target < 0) {
        return order[i];
      }
    }
    return order[kept - 1]; // rounding left a crumb
  }

  /// Returns the indices in falling order of their scores, equal scores by index. A score's bits,
  /// turned so that larger scores are smaller numbers, and its index are sorted as one number.
  private static int[] mostLikelyFirst(float[] logits) {
    long[] keys = new long[logits.length];
    for (int i = 0; i < keys.length; i++) {
      int bits = Float.floatToIntBits(logits[i]);
      int rising = bits ^ bits >> 31 & Integer.MAX_VALUE;
      keys[i] = (long) ~rising << 32 | i;
    }
    Arrays.sort(keys);
    int[] order = new int[keys.length];
    Arrays.setAll(order, i -> (int) keys[i]);
    return order;
  }

  /// Returns the index of the first largest number, or of a NaN if there is one.
  private static int argmax(float[] x) {
    int best = 0;
    for (int i = 1; i < x.length; i++) {
      if (x[i] > x[best] || Float.isNaN(x[i])) {
        best = i;
      }
    }
    return best;
  }
}
