package smalti.tensor.memory;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Storage;

/// Lends arrays to new storages and takes them back, so that they need not be allocated and
/// collected again and again, and are still in the cache when they are lent the next time.
///
/// Whoever runs an action with a recycler must know which storages made meanwhile are dead: those
/// and only those are given back. The backward pass knows it of gradients that were passed on.
/// Arrays that are never given back are the garbage collector's, as ever.
public final class Recycler {
  /// Shorter arrays are left to the garbage collector.
  private static final int LEAST = 1024;

  private static final ScopedValue<Recycler> CURRENT = ScopedValue.newInstance();

  /// The recycler of the last action, with what it has collected, unless memory ran short.
  private static final AtomicReference<@Nullable SoftReference<Recycler>> IDLE =
      new AtomicReference<>();

  private final Map<Integer, ArrayDeque<float[]>> free = new HashMap<>();
  private final Set<Integer> lengths = new HashSet<>();
  private final Set<float[]> lent = Collections.newSetFromMap(new IdentityHashMap<>());
  private boolean lending = true;

  private Recycler() {}

  /// Runs an action on this thread during which new storages of floats may be lent arrays.
  public static <R> R during(Function<Recycler, R> action) {
    SoftReference<Recycler> idle = IDLE.getAndSet(null);
    Recycler last = idle == null ? null : idle.get();
    Recycler recycler = last == null ? new Recycler() : last;
    R result = ScopedValue.where(CURRENT, recycler).call(() -> action.apply(recycler));
    recycler.close();
    IDLE.set(new SoftReference<>(recycler));
    return result;
  }

  /// Forgets what is still lent, and arrays of lengths that were not asked for.
  private void close() {
    lent.clear();
    free.keySet().retainAll(lengths);
    lengths.clear();
  }

  /// Returns an array of zeros.
  public static float[] zeros(int length) {
    return lendsFor(length) ? CURRENT.get().lend(length, true) : new float[length];
  }

  /// Returns an array of zeros or of what an earlier user left.
  static float[] anything(int length) {
    return lendsFor(length) ? CURRENT.get().lend(length, false) : new float[length];
  }

  private static boolean lendsFor(int length) {
    return length >= LEAST && CURRENT.isBound() && CURRENT.get().lending;
  }

  private float[] lend(int length, boolean clear) {
    lengths.add(length);
    ArrayDeque<float[]> arrays = free.get(length);
    float[] array = arrays == null ? null : arrays.poll();
    if (array == null) {
      array = new float[length];
    } else if (clear) {
      Arrays.fill(array, 0);
    }
    lent.add(array);
    return array;
  }

  /// Sets whether new storages are lent arrays from now on.
  public void lending(boolean lending) {
    this.lending = lending;
  }

  /// Takes back the array of a storage that nobody will read again, if it was lent during this
  /// action; otherwise does nothing.
  public void giveBack(Storage storage) {
    if (storage instanceof Storage.F32(float[] array) && lent.remove(array)) {
      free.computeIfAbsent(array.length, n -> new ArrayDeque<>()).push(array);
    }
  }
}
