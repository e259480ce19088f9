package smalti.bench;

import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/// Counts how many cores this process keeps busy, native threads included.
final class Cores {
  private static final com.sun.management.@Nullable OperatingSystemMXBean SYSTEM =
      ManagementFactory.getOperatingSystemMXBean()
              instanceof com.sun.management.OperatingSystemMXBean bean
          ? bean
          : null;

  /// How long is looked at a time, in ms; the system counts in steps of 10 ms.
  private static final int WINDOW = 25;

  private static final double LONGEST = 1;

  private long cpu;
  private long wall;
  private long cpuStart;
  private long wallStart;

  /// Begins to count.
  void start() {
    cpuStart = cpuTime();
    wallStart = System.nanoTime();
  }

  /// Stops counting, until the next start.
  void stop() {
    cpu += cpuTime() - cpuStart;
    wall += System.nanoTime() - wallStart;
  }

  /// Returns the mean number of busy cores while it counted; NaN where the system does not tell.
  double mean() {
    return SYSTEM == null || wall == 0 ? Double.NaN : (double) cpu / wall;
  }

  /// Sleeps until this process rests, one second at most. The threads of OpenBLAS and OpenMP look
  /// for more work for up to 0.1 s after the last, and would take half of the machine from whoever
  /// has the next turn.
  static void rest() {
    long begin = System.nanoTime();
    Cores cores;
    do {
      cores = new Cores();
      cores.start();
      try {
        Thread.sleep(WINDOW);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      cores.stop();
    } while (cores.mean() > 0.5 && (System.nanoTime() - begin) * 1e-9 < LONGEST);
  }

  private static long cpuTime() {
    return SYSTEM == null ? 0 : SYSTEM.getProcessCpuTime();
  }
}
