package smalti.bench;

/// Runs a task until its time no longer falls, which for ours is when the compiler is done.
final class WarmUp {
  private static final int STEADY = 3;
  private static final double LONGEST = 20;

  private WarmUp() {}

  /// Runs for at least so many seconds, and on until the best time has stood for some runs.
  static void run(Task task, double seconds) {
    long begin = System.nanoTime();
    double best = Double.MAX_VALUE;
    int since = 0;
    double spent = 0;
    while (spent < LONGEST && (spent < seconds || since < STEADY)) {
      long start = System.nanoTime();
      task.run();
      long end = System.nanoTime();
      double time = end - start;
      since = time < 0.95 * best ? 0 : since + 1;
      best = Math.min(best, time);
      spent = (end - begin) * 1e-9;
    }
  }
}
