package smalti.dalle.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;

/// Turns Ctrl-C and SIGTERM into a flag: the running training saves its state, and only then does
/// the process end, with the exit code of the signal (130 for Ctrl-C).
final class Interrupt {
  private static final Interrupt INSTANCE = new Interrupt();
  private static final int PATIENCE_SECONDS = 60;

  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile boolean requested;

  private Interrupt() {}

  /// Returns the process's interrupt, which listens from now on.
  static Interrupt listen() {
    // With its cache on disk, ImageIO adds a hook of its own at the first picture, which fails once
    // the process is ending; ours are small.
    ImageIO.setUseCache(false);
    Thread hook = new Thread(INSTANCE::onShutdown, "interrupt");
    Runtime.getRuntime().addShutdownHook(hook);
    return INSTANCE;
  }

  /// Returns the process's interrupt.
  static Interrupt current() {
    return INSTANCE;
  }

  /// Returns whether the user asked to stop.
  boolean requested() {
    return requested;
  }

  /// Says that everything is saved and the process may end.
  void done() {
    finished.countDown();
  }

  private void onShutdown() {
    requested = true;
    try {
      boolean saved = finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (!saved) {
        System.err.println("smalti: stopped before the state could be saved");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
