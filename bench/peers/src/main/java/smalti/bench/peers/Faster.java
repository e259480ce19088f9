package smalti.bench.peers;

import smalti.bench.Task;

/// Chooses between two ways to do the same.
final class Faster {
  private static final int RUNS = 5;

  private Faster() {}

  /// Returns whether the best of a few runs of the first is no longer than that of the second.
  static boolean isFirst(Task a, Task b) {
    long first = Long.MAX_VALUE;
    long second = Long.MAX_VALUE;
    for (int i = 0; i < RUNS; i++) {
      first = Math.min(first, time(a));
      second = Math.min(second, time(b));
    }
    return first <= second;
  }

  private static long time(Task task) {
    long start = System.nanoTime();
    task.run();
    return System.nanoTime() - start;
  }
}
