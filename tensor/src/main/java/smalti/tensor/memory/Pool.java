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
/// and compared in turn, each finds the arrays of its last time. But all together must not outgrow
/// what a single user has had at most, or [#LEAST]: then those that wait for others are dropped.
final class Pool {
  /// How many times the pool is left until arrays whose length nobody asked for are dropped.
  private static final int TURNS = 16;

  /// Numbers that may always be kept, 128 MB.
  private static final long LEAST = 1 << 25;

  /// The last pool that was left, with what it has, unless memory ran short.
  private static final AtomicReference<@Nullable SoftReference<Pool>> IDLE =
      new AtomicReference<>();

  /// Holds the arrays of one length.
  private static final class Shelf {
    private final ArrayDeque<float[]> arrays = new ArrayDeque<>();
    private int lastAsked = -1;
  }

  /// By length, its bits in reverse.
  private final Map<Integer, Shelf> free = new HashMap<>();

  private int turn;

  /// Numbers of arrays whose length was asked for since the pool was taken, lent ones too.
  private long used;

  /// Numbers of the other arrays, which wait.
  private long waiting;

  /// The most numbers that any user has used.
  private long most = LEAST;

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
    most = Math.max(most, used);
    used = 0;
    waiting = 0;
    free.forEach((key, s) -> waiting += (long) Integer.reverse(key) * s.arrays.size());
    IDLE.set(new SoftReference<>(this));
  }

  /// Returns an array, of zeros if it is to be clear. The one that came last goes first: it is the
  /// likeliest to be in the cache.
  float[] get(int length, boolean clear) {
    Shelf shelf = shelf(length);
    if (shelf.lastAsked < turn) {
      long numbers = (long) length * shelf.arrays.size();
      used += numbers;
      waiting -= numbers;
      shelf.lastAsked = turn;
    }
    float[] array = shelf.arrays.poll();
    if (array == null) {
      used += length;
      makeRoom();
      return new float[length];
    }
    if (clear) {
      Arrays.fill(array, 0);
    }
    return array;
  }

  private void makeRoom() {
    if (waiting > 0 && used + waiting > most) {
      free.values().removeIf(shelf -> shelf.lastAsked < turn);
      waiting = 0;
    }
  }

  void put(float[] array) {
    shelf(array.length).arrays.push(array);
  }

  /// Lengths are mostly multiples of large powers of two, which a map would hold as lists: their
  /// low bits are the same. So they are its keys in reverse.
  private Shelf shelf(int length) {
    return free.computeIfAbsent(Integer.reverse(length), n -> new Shelf());
  }
}
