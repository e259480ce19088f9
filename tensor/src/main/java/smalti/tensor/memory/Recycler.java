package smalti.tensor.memory;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Lends arrays to new storages and takes them back, so that they need not be allocated, cleared
/// and collected again and again, and are still in the cache when they are lent the next time.
///
/// Two know which storages are dead, and only those are given back. The backward pass knows it of
/// gradients that were passed on ([#during]); a step of a training knows it of all that was made in
/// it and is not among its results ([#step]). Where nobody says so, arrays are the garbage
/// collector's, as ever.
///
/// With assertions on, as in tests, what a step gives back is filled with NaN, so that a number
/// that is read too late is seen.
public final class Recycler {
  /// Shorter arrays are left to the garbage collector.
  private static final int LEAST = 1024;

  private static final ScopedValue<Recycler> CURRENT = ScopedValue.newInstance();

  private final Pool pool;
  private final boolean isStep;

  /// What was lent and may be given back: by the backward pass that runs, else by the step.
  private Set<float[]> lent = arrays();

  /// What ops have saved for the backward pass.
  private final Set<float[]> saved = arrays();

  private boolean lending = true;
  private boolean walking;

  private Recycler(Pool pool, boolean isStep) {
    this.pool = pool;
    this.isStep = isStep;
  }

  private static Set<float[]> arrays() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  /// Runs a backward pass, during which new storages of floats may be lent arrays. In a step, what
  /// the pass has not given back is the step's when it ends.
  public static <R> R during(Function<Recycler, R> action) {
    if (CURRENT.isBound() && CURRENT.get().isStep && !CURRENT.get().walking) {
      return CURRENT.get().walk(action);
    }
    Pool pool = Pool.take();
    Recycler recycler = new Recycler(pool, false);
    R result = ScopedValue.where(CURRENT, recycler).call(() -> action.apply(recycler));
    pool.leave();
    return result;
  }

  private <R> R walk(Function<Recycler, R> action) {
    Set<float[]> outside = lent;
    lent = arrays();
    walking = true;
    try {
      return action.apply(this);
    } finally {
      outside.addAll(lent);
      lent = outside;
      walking = false;
      lending = true;
    }
  }

  /// Runs a step, whose new storages of floats are lent arrays, and takes all back but those of its
  /// results. A step within a step is a part of it.
  public static List<Tensor> step(Supplier<List<Tensor>> body) {
    if (CURRENT.isBound()) {
      return parts(body);
    }
    Pool pool = Pool.take();
    Recycler recycler = new Recycler(pool, true);
    List<Tensor> results = ScopedValue.where(CURRENT, recycler).call(body::get);
    for (Tensor result : results) {
      if (result.storage() instanceof Storage.F32(float[] array)) {
        recycler.lent.remove(array);
      }
    }
    recycler.takeBack();
    pool.leave();
    return results;
  }

  /// Runs a part of a step of whose new storages only the result's is read afterwards, and takes
  /// the others back at once. Outside steps only runs it.
  public static Tensor part(Supplier<Tensor> body) {
    return parts(() -> List.of(body.get())).getFirst();
  }

  private static List<Tensor> parts(Supplier<List<Tensor>> body) {
    if (!CURRENT.isBound() || !CURRENT.get().isStep || CURRENT.get().walking) {
      return body.get();
    }
    return CURRENT.get().partOfStep(body);
  }

  private List<Tensor> partOfStep(Supplier<List<Tensor>> body) {
    Set<float[]> outside = lent;
    lent = arrays();
    try {
      List<Tensor> results = body.get();
      for (Tensor result : results) {
        if (result.storage() instanceof Storage.F32(float[] array) && lent.remove(array)) {
          outside.add(array);
        }
      }
      takeBack();
      return results;
    } finally {
      outside.addAll(lent);
      lent = outside;
    }
  }

  private void takeBack() {
    for (float[] array : lent) {
      assert spoilt(array);
      pool.put(array);
    }
    lent.clear();
  }

  /// Runs an action whose new storages are the garbage collector's, even in a step: memory that is
  /// given up to be computed again must not be kept for the step's end.
  public static <R> R without(Supplier<R> action) {
    return CURRENT.isBound() ? ScopedValue.where(CURRENT, none()).call(action::get) : action.get();
  }

  private static Recycler none() {
    Recycler none = new Recycler(new Pool(), false);
    none.lending = false;
    return none;
  }

  private static boolean spoilt(float[] array) {
    Arrays.fill(array, Float.NaN);
    return true;
  }

  /// Returns an array of zeros.
  public static float[] zeros(int length) {
    return lendsFor(length) ? CURRENT.get().lend(length, true) : new float[length];
  }

  /// Returns an array of zeros or of what an earlier user left.
  static float[] anything(int length) {
    return lendsFor(length) ? CURRENT.get().lend(length, false) : new float[length];
  }

  /// Returns what makes arrays for something that is being made now and lives as long, however late
  /// they are asked for: those of the step that runs now, even from within a part of it. They hold
  /// whatever numbers an earlier user left.
  public static IntFunction<float[]> lender() {
    return CURRENT.isBound() ? CURRENT.get().lenderFor() : float[]::new;
  }

  private IntFunction<float[]> lenderFor() {
    Set<float[]> owner = lent;
    return length -> {
      boolean runs = lendsFor(length) && equals(CURRENT.get());
      return runs ? lend(length, false, owner) : new float[length];
    };
  }

  private static boolean lendsFor(int length) {
    return length >= LEAST && CURRENT.isBound() && CURRENT.get().lending;
  }

  private float[] lend(int length, boolean clear) {
    return lend(length, clear, lent);
  }

  private float[] lend(int length, boolean clear, Set<float[]> owner) {
    float[] array = pool.get(length, clear);
    saved.remove(array);
    owner.add(array);
    return array;
  }

  /// Takes back the array of a tensor that its maker knows to be dead before the step is over: of a
  /// passing result. One that an op has saved stays until the step's end. Outside steps does
  /// nothing.
  public static void release(Tensor dead) {
    if (CURRENT.isBound() && dead.storage() instanceof Storage.F32(float[] array)) {
      Recycler recycler = CURRENT.get();
      if (!recycler.saved.contains(array) && recycler.lent.remove(array)) {
        assert spoilt(array);
        recycler.pool.put(array);
      }
    }
  }

  /// Notes that an op has saved a tensor, so that [#release] leaves it.
  public static void save(Tensor tensor) {
    if (CURRENT.isBound() && tensor.storage() instanceof Storage.F32(float[] array)) {
      Recycler recycler = CURRENT.get();
      if (recycler.lent.contains(array)) {
        recycler.saved.add(array);
      }
    }
  }

  /// Sets whether new storages are lent arrays from now on.
  public void lending(boolean lending) {
    this.lending = lending;
  }

  /// Takes back the array of a storage that nobody will read again, if it was lent during this
  /// backward pass, or during the step outside of it; otherwise does nothing.
  public void giveBack(Storage storage) {
    if (storage instanceof Storage.F32(float[] array) && lent.remove(array)) {
      pool.put(array);
    }
  }
}
