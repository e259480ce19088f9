package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;

import java.util.stream.IntStream;

/// Chooses for which keys a strip of queries computes scores: vectors that begin anywhere, side by
/// side in *windows*.
final class Windows {
  // What is computed costs, in any unit:
  private static final int TILE_COST = 16; // two vectors
  private static final int LAST_COST = 9; // one that is left over
  private static final int WINDOW_COST = 2; // a window beside its vectors

  private Windows() {}

  /// Returns the cheapest windows that cover all keys needed: the first key of each and the one
  /// after its last, which may lie beyond the end.
  static int[] over(boolean[] needed) {
    int n = needed.length;
    int[] cost = new int[n + 1]; // of all from a key on
    int[] vectors = new int[n]; // in the window that begins at a key
    for (int j = n - 1; j >= 0; j--) {
      cost[j] = needed[j] ? Integer.MAX_VALUE : cost[j + 1];
      for (int v = 1; needed[j] && j + (v - 1) * COUNT < n; v++) {
        int window = WINDOW_COST + v / 2 * TILE_COST + v % 2 * LAST_COST;
        int c = window + cost[Math.min(n, j + v * COUNT)];
        if (c < cost[j]) {
          cost[j] = c;
          vectors[j] = v;
        }
      }
    }
    IntStream.Builder windows = IntStream.builder();
    for (int j = 0; j < n; j += Math.max(1, vectors[j] * COUNT)) {
      if (needed[j]) {
        windows.add(j).add(j + vectors[j] * COUNT);
      }
    }
    return windows.build().toArray();
  }
}
