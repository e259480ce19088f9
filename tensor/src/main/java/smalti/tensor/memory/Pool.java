package smalti.tensor.memory;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Holds arrays that nobody uses, by length; one thread at a time has it.
final class Pool {
  /// The last pool that was left, with what it has, unless memory ran short.
  private static final AtomicReference<@Nullable SoftReference<Pool>> IDLE =
      new AtomicReference<>();

  private final Map<Integer, ArrayDeque<float[]>> free = new HashMap<>();

  /// The lengths that were asked for since the pool was taken.
  private final Set<Integer> lengths = new HashSet<>();

  Pool() {}

  /// Returns the pool that was left last, or a new one.
  static Pool take() {
    SoftReference<Pool> idle = IDLE.getAndSet(null);
    Pool last = idle == null ? null : idle.get();
    return last == null ? new Pool() : last;
  }

  /// Leaves the pool to the next one; drops arrays of lengths that were not asked for.
  void leave() {
    free.keySet().retainAll(lengths);
    lengths.clear();
    IDLE.set(new SoftReference<>(this));
  }

  /// Returns an array, of zeros if it is to be clear. The one that came last goes first: it is the
  /// likeliest to be in the cache.
  float[] get(int length, boolean clear) {
    lengths.add(length);
    ArrayDeque<float[]> arrays = free.get(length);
    float[] array = arrays == null ? null : arrays.poll();
    if (array == null) {
      return new float[length];
    }
    if (clear) {
      Arrays.fill(array, 0);
    }
    return array;
  }

  void put(float[] array) {
    free.computeIfAbsent(array.length, n -> new ArrayDeque<>()).push(array);
  }
}
