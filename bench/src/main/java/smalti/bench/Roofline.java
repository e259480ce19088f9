package smalti.bench;

import java.util.Arrays;
import java.util.Locale;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import smalti.tensor.Parallel;

/// Measures what the machine can do at most: multiply-adds in registers, and numbers to and from
/// memory (Williams et al. 2009, "Roofline").
///
/// @param gflops multiply-adds in registers, two operations each, in 10⁹ a second
/// @param gigabytes bytes read and written by `a = b + s·c` on arrays far larger than the caches,
///   in 10⁹ a second; that a cache first reads what is to be written is not counted
record Roofline(int threads, double gflops, double gigabytes) {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final int STEPS = 1_000_000;
  private static final int CHAINS = 12;
  private static final int LENGTH = 1 << 24;

  /// Runs of about 10 ms each, the best of which counts: clocks vary.
  private static final int RUNS = 50;

  /// Returns whether this Java has the Vector API on.
  static boolean isPossible() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /// Measures with a number of threads; sets that number.
  static Roofline measure(int threads) {
    Parallel.threads(threads);
    float[] sink = new float[threads];
    double[] flops = new double[RUNS];
    for (int run = 0; run < RUNS; run++) {
      long start = System.nanoTime();
      Parallel.range(threads, 1, (from, to) -> sink[from] = chains());
      double operations = 2.0 * STEPS * CHAINS * LANES.length() * threads;
      flops[run] = operations / (System.nanoTime() - start);
    }
    return new Roofline(threads, best(flops), bandwidth());
  }

  /// Runs more independent chains of multiply-adds than hide their latency (8 on two units that
  /// take 4 cycles), and no more than fit into 16 registers. Each adds to its own sum, so that no
  /// register has to be copied.
  private static float chains() {
    FloatVector x = FloatVector.broadcast(LANES, 0.999f);
    FloatVector a = x;
    FloatVector b = x;
    FloatVector c = x;
    FloatVector d = x;
    FloatVector e = x;
    FloatVector f = x;
    FloatVector g = x;
    FloatVector h = x;
    FloatVector i = x;
    FloatVector j = x;
    FloatVector k = x;
    FloatVector l = x;
    for (int step = 0; step < STEPS; step++) {
      a = x.fma(x, a);
      b = x.fma(x, b);
      c = x.fma(x, c);
      d = x.fma(x, d);
      e = x.fma(x, e);
      f = x.fma(x, f);
      g = x.fma(x, g);
      h = x.fma(x, h);
      i = x.fma(x, i);
      j = x.fma(x, j);
      k = x.fma(x, k);
      l = x.fma(x, l);
    }
    FloatVector sum = a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h)));
    return sum.add(i.add(j)).add(k.add(l)).lane(0);
  }

  private static double bandwidth() {
    float[] a = new float[LENGTH];
    float[] b = new float[LENGTH];
    float[] c = new float[LENGTH];
    double[] rates = new double[RUNS / 2];
    for (int run = 0; run < rates.length; run++) {
      long start = System.nanoTime();
      Parallel.range(LENGTH, 1 << 18, (from, to) -> triad(a, b, c, from, to));
      rates[run] = 3.0 * Float.BYTES * LENGTH / (System.nanoTime() - start);
    }
    return best(rates);
  }

  private static void triad(float[] a, float[] b, float[] c, int from, int to) {
    for (int i = from; i < to; i++) {
      a[i] = b[i] + 3 * c[i];
    }
  }

  private static double best(double... rates) {
    return Arrays.stream(rates).max().orElse(Double.NaN);
  }

  /// Returns the least time of one run, in ms; 0 where it is unknown.
  double leastMs(Work work) {
    return work.leastMs(gflops, gigabytes);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "at most %.0f GFLOP/s and %.1f GB/s on %d thread%s",
        gflops,
        gigabytes,
        threads,
        threads == 1 ? "" : "s");
  }
}
