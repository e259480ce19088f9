package smalti.tensor.memory;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Holds arrays that nobody uses, by length; one thread at a time has it.
///
/// An array stays while its length is asked for now and then: where pictures are sampled, decoded
/// and compared in turn, each finds the arrays of its last time.
final class Pool {
  /// How many times the pool is left until arrays whose length nobody asked for are dropped.
  private static final int TURNS = 16;

  /// The last pool that was left, with what it has, unless memory ran short.
  private static final AtomicReference<@Nullable SoftReference<Pool>> IDLE =
      new AtomicReference<>();

  /// Holds the arrays of one length.
  private static final class Shelf {
    private final ArrayDeque<float[]> arrays = new ArrayDeque<>();
    private int lastAsked;
  }

  private final Map<Integer, Shelf> free = new HashMap<>();
  private int turn;

  Pool() {}

  /// Returns the pool that was left last, or a new one.
  static Pool take() {
    SoftReference<Pool> idle = IDLE.getAndSet(null);
    Pool last = idle == null ? null : idle.get();
    return last == null ? new Pool() : last;
  }

  /// Leaves the pool to the next one.
  void leave() {
    free.values().removeIf(shelf -> turn - shelf.lastAsked >= TURNS);
    turn++;
    IDLE.set(new SoftReference<>(this));
  }

  /// Returns an array, of zeros if it is to be clear. The one that came last goes first: it is the
  /// likeliest to be in the cache.
  float[] get(int length, boolean clear) {
    Shelf shelf = shelf(length);
    shelf.lastAsked = turn;
    float[] array = shelf.arrays.poll();
    if (array == null) {
      return new float[length];
    }
    if (clear) {
      Arrays.fill(array, 0);
    }
    return array;
  }

  void put(float[] array) {
    shelf(array.length).arrays.push(array);
  }

  private Shelf shelf(int length) {
    return free.computeIfAbsent(length, n -> new Shelf());
  }
}
