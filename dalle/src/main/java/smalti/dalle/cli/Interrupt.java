package smalti.dalle.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;

/// Lets Ctrl-C (and SIGTERM) end the process without losing a training.
///
/// Java runs shutdown hooks on those signals, while the program goes on, and then exits with 128
/// plus the signal's number: 130 for Ctrl-C, 143 for SIGTERM. The hook here returns at once unless
/// a training is running; then it raises a flag that the training asks for after every update, and
/// waits until the program has saved it and says [#done]. A second Ctrl-C ends the waiting.
final class Interrupt {
  private static final Interrupt INSTANCE = new Interrupt();
  private static final int PATIENCE_SECONDS = 60;
  private static final int POLL_MILLIS = 100;
  private static final int CTRL_C = 130;

  private final CountDownLatch done = new CountDownLatch(1);
  private boolean training;
  private volatile boolean requested;

  private Interrupt() {}

  /// Returns the process's interrupt, which listens from now on.
  static Interrupt listen() {
    // With its cache on disk, ImageIO adds a hook of its own at the first picture, which fails once
    // the process is ending; ours are small.
    ImageIO.setUseCache(false);
    Runtime.getRuntime().addShutdownHook(new Thread(INSTANCE::onShutdown, "interrupt"));
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

  /// Says that a training begins, which will watch [#requested] and save itself.
  synchronized void trainingBegins() {
    training = true;
  }

  /// Says that the training is over.
  synchronized void trainingEnds() {
    training = false;
  }

  /// Says that everything is saved and the process may end.
  void done() {
    done.countDown();
  }

  private void onShutdown() {
    if (done.getCount() == 0) {
      return; // the program came to its end by itself
    }
    if (!request()) {
      System.err.println("smalti: interrupted");
      return;
    }
    try {
      for (int i = 0; i < PATIENCE_SECONDS * 1000 / POLL_MILLIS; i++) {
        if (done.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
          return;
        }
        if (askedAgain()) {
          break;
        }
      }
      System.err.println("smalti: interrupted before the training could be saved once more");
      Runtime.getRuntime().halt(CTRL_C);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Raises the flag and returns whether a training is there to see it.
  private synchronized boolean request() {
    requested = true;
    return training;
  }

  /// Returns whether Ctrl-C was pressed once more. Java has no call for this; but each signal gets
  /// a thread of its own, and all of them wait for the hooks to end.
  private static boolean askedAgain() {
    return Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("SIGINT handler"))
            .count()
        > 1;
  }
}
