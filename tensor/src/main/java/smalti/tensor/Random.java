package smalti.tensor;

import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Draws random numbers from the counter-based generator Philox4x32-10 (Salmon et al. 2011,
/// "Parallel random numbers: as easy as 1, 2, 3").
///
/// A generator is a 64-bit key and a position. Children made by [#split(String)] have keys of their
/// own that depend on the parent's key and the label only, so that a run is decided by one seed
/// whatever is drawn in between, in whatever order, on however many threads. One generator serves
/// one thread; give each thread a child.
public final class Random {
  // The last counter word sets apart what blocks are used for; it is 0 for numbers drawn.
  private static final long SPLIT = 1;
  private static final long BULK = 2;

  private final long key;
  private long position;
  private final int[] block = new int[4];
  private int used = 4;
  private double spareGaussian = Double.NaN;

  private Random(long key) {
    this.key = key;
  }

  /// Returns the generator of a seed.
  public static Random of(long seed) {
    return new Random(seed);
  }

  /// Returns the generator's key.
  public long key() {
    return key;
  }

  /// Returns the child generator with this number. The parent does not change.
  public Random split(long label) {
    return new Random(derive(label, SPLIT));
  }

  /// Returns a key that depends on this key, a number and what it is for.
  private long derive(long number, long purpose) {
    int[] out = new int[4];
    Philox.block(key, number, purpose << 32, out);
    return (out[0] & 0xffffffffL) | ((long) out[1] << 32);
  }

  /// Returns the child generator with this name. The parent does not change.
  public Random split(String label) {
    long hash = 0xcbf29ce484222325L; // FNV-1a
    for (int i = 0; i < label.length(); i++) {
      hash = (hash ^ label.charAt(i)) * 0x100000001b3L;
    }
    return split(hash);
  }

  /// Returns 32 random bits.
  public int nextBits() {
    if (used == 4) {
      Philox.block(key, position++, 0, block);
      used = 0;
    }
    return block[used++];
  }

  /// Returns an integer drawn evenly from `[0, bound)`, without bias.
  ///
  /// @throws IllegalArgumentException if `bound` is not positive
  public int nextInt(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("nextInt: bound must be positive; got " + bound);
    }
    long product = (nextBits() & 0xffffffffL) * bound;
    long low = product & 0xffffffffL;
    if (low < bound) { // Lemire 2019, "Fast random integer generation in an interval"
      long threshold = (1L << 32) % bound;
      while (low < threshold) {
        product = (nextBits() & 0xffffffffL) * bound;
        low = product & 0xffffffffL;
      }
    }
    return (int) (product >>> 32);
  }

  /// Returns a float drawn evenly from the multiples of 2⁻²⁴ in `[0, 1)`.
  public float nextFloat() {
    return Philox.toUnitFloat(nextBits());
  }

  /// Returns a double drawn evenly from the multiples of 2⁻⁵³ in `[0, 1)`.
  public double nextDouble() {
    long bits = ((long) nextBits() << 32) | (nextBits() & 0xffffffffL);
    return (bits >>> 11) * 0x1p-53;
  }

  /// Returns whether a coin that shows heads with probability `p` does so.
  public boolean nextBoolean(double p) {
    return nextDouble() < p;
  }

  /// Returns a number of the standard normal distribution (Box–Muller).
  public double nextGaussian() {
    if (!Double.isNaN(spareGaussian)) {
      double spare = spareGaussian;
      spareGaussian = Double.NaN;
      return spare;
    }
    double radius = Math.sqrt(-2 * Math.log(1 - nextDouble()));
    double angle = 2 * Math.PI * nextDouble();
    spareGaussian = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /// Returns a random order of the numbers from 0 to n − 1 (Fisher–Yates).
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = n - 1; i > 0; i--) {
      int j = nextInt(i + 1);
      int t = order[i];
      order[i] = order[j];
      order[j] = t;
    }
    return order;
  }

  /// Returns an F32 tensor of numbers drawn evenly from `(0, 1)`, the ends excluded.
  ///
  /// Element `i` depends on this generator's key, its position and `i` only.
  public Tensor uniform(Shape shape) {
    return uniform(shape, DType.F32);
  }

  /// Returns a tensor of numbers drawn evenly from `(0, 1)`, the ends excluded.
  public Tensor uniform(Shape shape, DType dtype) {
    Tensor out = Outputs.of(shape, dtype);
    Backends.current().uniform(drawKey(), out);
    return out;
  }

  /// Returns an F32 tensor of numbers of the standard normal distribution.
  public Tensor normal(Shape shape) {
    return normal(shape, DType.F32);
  }

  /// Returns a tensor of numbers of the standard normal distribution.
  public Tensor normal(Shape shape, DType dtype) {
    Tensor out = Outputs.of(shape, dtype);
    Backends.current().normal(drawKey(), out);
    return out;
  }

  /// Returns a key for one bulk draw and moves on, so that the next draw differs.
  public long drawKey() {
    used = 4;
    return derive(position++, BULK);
  }
}
