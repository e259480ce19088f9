package smalti.tensor;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Splits loops over a fixed team of daemon threads.
///
/// The pieces of a loop depend on its length and grain only, never on the number of threads, and
/// each piece is computed by one thread: results are the same bits whatever the thread count.
///
/// Each thread begins with a stretch of neighbouring pieces of its own, the same part of every
/// loop, and helps the others when it is done: what a thread wrote in one loop it mostly reads in
/// the next, from its own core's cache. Another core's may be several times slower.
public final class Parallel {
  /// Is a piece of a loop.
  @FunctionalInterface
  public interface Body {
    /// Does the iterations from `start` (inclusive) to `end` (exclusive).
    void run(int start, int end);
  }

  /// How often a thread looks for work, or whether it is done, before it sleeps: one to four
  /// milliseconds. Waking a thread takes longer than most loops of a training step.
  private static final int SPINS = 60_000;

  private static final Object LOCK = new Object();
  private static volatile Team team = new Team(defaultThreads());

  private Parallel() {}

  private static int defaultThreads() {
    return Integer.getInteger("smalti.threads", Runtime.getRuntime().availableProcessors());
  }

  /// Returns the number of threads that share a loop.
  public static int threads() {
    return team.size;
  }

  /// Sets the number of threads that share a loop (at least 1, the caller's own included).
  ///
  /// @throws IllegalArgumentException if the number is not positive
  public static void threads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: at least 1 is needed; got " + threads);
    }
    synchronized (LOCK) {
      if (threads != team.size) {
        Team old = team;
        team = new Team(threads);
        old.stop();
      }
    }
  }

  /// Runs `body` over `[0, n)` in pieces of `grain` iterations (the last may be shorter) and
  /// returns when all are done. A loop inside a loop runs on the thread it is on.
  ///
  /// @param grain iterations a piece; fixes the pieces, so derive it from the problem's size only
  public static void range(int n, int grain, Body body) {
    if (n <= 0) {
      return;
    }
    int step = Math.max(1, grain);
    int pieces = (n - 1) / step + 1;
    Team t = team;
    if (pieces == 1 || t.size == 1 || Team.INSIDE.get() || !t.busy.compareAndSet(false, true)) {
      for (int p = 0; p < pieces; p++) {
        body.run(p * step, p * step + Math.min(step, n - p * step));
      }
      return;
    }
    try {
      t.run(new Loop(n, step, pieces, t.size, body));
    } finally {
      t.busy.set(false);
    }
  }

  /// One loop being shared: threads take the next piece of their own stretch until none is left,
  /// then those of others.
  private static final class Loop {
    /// Numbers between two counters, so that no two are in one line of the cache.
    private static final int APART = 32;

    final int n;
    final int step;
    final int pieces;
    final int stretches;
    final Body body;
    final AtomicIntegerArray taken;
    final AtomicInteger done = new AtomicInteger();
    final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    Loop(int n, int step, int pieces, int stretches, Body body) {
      this.n = n;
      this.step = step;
      this.pieces = pieces;
      this.stretches = stretches;
      this.body = body;
      this.taken = new AtomicIntegerArray(stretches * APART);
    }

    private int begin(int stretch) {
      return (int) ((long) pieces * stretch / stretches);
    }

    /// Works as the thread whose stretch that is.
    void work(int own) {
      Team.INSIDE.set(true);
      int mine = 0;
      try {
        for (int i = 0; i < stretches; i++) {
          int stretch = (own + i) % stretches;
          int end = begin(stretch + 1);
          for (int p = next(stretch); p < end; p = next(stretch)) {
            mine++;
            try {
              body.run(p * step, p * step + Math.min(step, n - p * step));
            } catch (Throwable e) {
              failure.compareAndSet(null, e);
            }
          }
        }
      } finally {
        Team.INSIDE.set(false);
        done.addAndGet(mine);
      }
    }

    private int next(int stretch) {
      return begin(stretch) + taken.getAndIncrement(stretch * APART);
    }
  }

  /// The threads. The caller of a loop works too, so a team of `size` has `size − 1` workers.
  private static final class Team {
    static final ThreadLocal<Boolean> INSIDE = ThreadLocal.withInitial(() -> false);
    final int size;
    final AtomicBoolean busy = new AtomicBoolean();
    private final Thread[] workers;
    private volatile @Nullable Loop current;
    private volatile boolean stopped;

    Team(int size) {
      this.size = size;
      this.workers = new Thread[size - 1];
      for (int i = 0; i < workers.length; i++) {
        int own = i + 1;
        workers[i] = Thread.ofPlatform().daemon().name("smalti-" + own).start(() -> serve(own));
      }
    }

    void stop() {
      stopped = true;
      for (Thread worker : workers) {
        LockSupport.unpark(worker);
      }
    }

    void run(Loop loop) {
      current = loop;
      for (Thread worker : workers) {
        LockSupport.unpark(worker);
      }
      loop.work(0);
      int spins = 0;
      while (loop.done.get() < loop.pieces) {
        if (++spins < SPINS) {
          Thread.onSpinWait();
        } else {
          Thread.yield();
        }
      }
      current = null;
      Throwable failure = loop.failure.get();
      if (failure instanceof RuntimeException e) {
        throw e;
      } else if (failure instanceof Error e) {
        throw e;
      } else if (failure != null) {
        throw new IllegalStateException(failure);
      }
    }

    private void serve(int own) {
      Loop last = null;
      int idle = 0;
      while (!stopped) {
        Loop loop = current;
        if (loop != null && loop != last) {
          loop.work(own);
          last = loop;
          idle = 0;
        } else if (++idle < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
          idle = 0;
        }
      }
    }
  }
}
