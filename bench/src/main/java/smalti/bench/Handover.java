package smalti.bench;

import java.util.concurrent.atomic.AtomicInteger;

/// Measures how far two cores are from each other: how long a line of the cache takes from one to
/// the other and back.
///
/// A virtual machine's cores may share a cache or not, whatever it is told, and the host may move
/// them while a program runs. Then loops that hand numbers from thread to thread become slower, one
/// thread alone does not.
final class Handover {
  private static final int WARM = 2_000;
  private static final int TIMES = 10_000;
  private static final int ALL = WARM + TIMES;
  private static final int SPINS = 1_000;

  private Handover() {}

  /// Returns the time there and back, in ns; takes a few ms.
  static double nanos() {
    AtomicInteger turn = new AtomicInteger();
    Thread other = Thread.ofPlatform().daemon().start(() -> answer(turn));
    long start = 0;
    for (int i = 0; i < ALL; i++) {
      if (i == WARM) {
        start = System.nanoTime();
      }
      turn.set(2 * i + 1);
      await(turn, 2 * i + 2);
    }
    double nanos = System.nanoTime() - start;
    try {
      other.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return nanos / TIMES;
  }

  private static void answer(AtomicInteger turn) {
    for (int i = 0; i < ALL; i++) {
      await(turn, 2 * i + 1);
      turn.set(2 * i + 2);
    }
  }

  private static void await(AtomicInteger turn, int value) {
    for (int spins = 0; turn.get() != value; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else { // both are on one core
        Thread.yield();
      }
    }
  }
}
