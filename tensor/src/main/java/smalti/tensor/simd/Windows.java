package smalti.tensor.simd;

import static smalti.tensor.simd.AttentionPlan.PANEL;

import java.util.stream.IntStream;

/// Chooses for which keys a strip of queries computes scores: whole tiles that begin anywhere, side
/// by side in *windows*.
final class Windows {
  private static final int TILE_COST = 8; // what a tile of scores costs, in any unit
  private static final int WINDOW_COST = 1; // what a window costs beside its tiles

  private Windows() {}

  /// Returns the cheapest windows that cover all keys needed: the first key of each and the one
  /// after its last, which may lie beyond the end.
  static int[] over(boolean[] needed) {
    int n = needed.length;
    int[] cost = new int[n + 1]; // of all from a key on
    int[] tiles = new int[n]; // in the window that begins at a key
    for (int j = n - 1; j >= 0; j--) {
      cost[j] = needed[j] ? Integer.MAX_VALUE : cost[j + 1];
      for (int t = 1; needed[j] && j + (t - 1) * PANEL < n; t++) {
        int c = WINDOW_COST + t * TILE_COST + cost[Math.min(n, j + t * PANEL)];
        if (c < cost[j]) {
          cost[j] = c;
          tiles[j] = t;
        }
      }
    }
    IntStream.Builder windows = IntStream.builder();
    for (int j = 0; j < n; j += Math.max(1, tiles[j] * PANEL)) {
      if (needed[j]) {
        windows.add(j).add(j + tiles[j] * PANEL);
      }
    }
    return windows.build().toArray();
  }
}
