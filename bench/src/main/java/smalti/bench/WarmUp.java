package smalti.bench;

/// Runs a task until its time no longer falls and the just-in-time compiler rests.
final class WarmUp {
  private static final int STEADY = 3;
  private static final double REST = 0.5;

  private WarmUp() {}

  /// Runs for at least so many seconds, and on until the best time has stood for some runs and
  /// nothing was compiled for a while.
  ///
  /// @param seconds least time
  /// @param longest time after which it ends anyway
  /// @return whether it ended by itself
  static boolean run(Task task, double seconds, double longest) {
    Compilation compilation = new Compilation();
    long begin = System.nanoTime();
    double best = Double.MAX_VALUE;
    int since = 0;
    double spent = 0;
    double rested = 0;
    while (spent < seconds || since < STEADY || rested < REST) {
      if (spent >= longest) {
        return false;
      }
      long start = System.nanoTime();
      task.run();
      long end = System.nanoTime();
      double time = end - start;
      since = time < 0.95 * best ? 0 : since + 1;
      best = Math.min(best, time);
      spent = (end - begin) * 1e-9;
      rested = compilation.rested();
    }
    return true;
  }
}
