package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import smalti.tensor.Parallel;

/// Computes the gradient of a convolution with respect to its weight; where there are many filters,
/// with [ConvGradManyFilters]. Otherwise: `dOut` (O, pixels of all images) times the transposed
/// patch matrix (pixels, C·KH·KW). Both have a pixel's neighbours side by side, so each weight's
/// gradient is a dot product of two rows, and nothing is transposed.
///
/// A task is some of the taps, over all images in their order. It reads the taps' rows of the patch
/// matrix a stretch of pixels at a time ([PatchRows]) and multiplies them with the rows of `dOut`
/// as they lie; only where images are so small that several make up a stretch is `dOut` copied. The
/// sums stay vectors until all images are done.
final class ConvGradWeight {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;

  /// The most pixels of a stretch: that many of [#FILTERS] filters and [#NEAR] taps (22 KB) stay in
  /// the first level of cache.
  private static final int STRETCH = 512;

  /// Filters and taps whose products are summed together. With four and two, as many sums as [Tile]
  /// has, C2 runs out of registers and is slower by a fifth.
  private static final int FILTERS = 2;

  private static final int TAPS = 3;

  /// Taps that all filters pass before the next ones.
  private static final int NEAR = 3 * TAPS;

  /// As many tasks as keep the cores of a small machine busy; with more, copying weighs more.
  private static final int TASKS = 8;

  /// The most sums of a task: as vectors they stay in the second level of cache.
  private static final int MOST_SUMS = 8192;

  /// The most numbers of `dOut` that are copied at a time.
  private static final int MOST_COPIED = 1 << 20;

  private final ConvShape s;

  /// Images whose pixels make up a stretch, where they are small.
  private final int group;

  /// Pixels of a stretch.
  private final int stretch;

  /// Whether `dOut` is copied: where several images make up a stretch, or vectors do not fit.
  private final boolean copied;

  /// The distance between filters in a copy of `dOut`: pixels of a group, in whole vectors.
  private final int pitch;

  private ConvGradWeight(ConvShape s) {
    this.s = s;
    this.group = Math.clamp(STRETCH / s.pixels(), 1, s.images());
    this.stretch = Math.min(STRETCH, s.pixels() * group);
    this.copied = group > 1 || s.pixels() % Lanes.COUNT != 0;
    this.pitch = Lanes.whole(s.pixels() * group);
  }

  static void run(
      ConvShape s, float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    if (s.images() == 0 || s.pixels() == 0) {
      Arrays.fill(dWeight, dWeightAt, dWeightAt + s.filters() * s.taps(), 0);
      return;
    }
    if (s.taps() == 0 || s.filters() == 0) {
      return;
    }
    if (ConvGradManyFilters.suits(s)) {
      ConvGradManyFilters.run(s, x, xAt, dOut, dOutAt, dWeight, dWeightAt);
    } else {
      new ConvGradWeight(s).compute(x, xAt, dOut, dOutAt, dWeight, dWeightAt);
    }
  }

  private void compute(
      float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    int taps = s.taps();
    int step = tapsOfTask();
    float[] rows = copied ? copy(dOut, dOutAt) : dOut;
    int rowsAt = copied ? 0 : dOutAt;
    Parallel.range(
        taps,
        step,
        (start, end) -> {
          for (int tap = start; tap < end; tap += step) {
            int n = Math.min(step, end - tap);
            float[] sums = sums(x, xAt, rows, rowsAt, tap, n);
            for (int o = 0; o < s.filters(); o++) {
              for (int i = 0; i < n; i++) {
                int at = sumAt(o, i, n);
                dWeight[dWeightAt + o * taps + tap + i] =
                    Lanes.sum(FloatVector.fromArray(LANES, sums, at));
              }
            }
          }
        });
  }

  /// Returns the taps of a task: where they are few, those of whole channels, each of which is then
  /// copied once; otherwise whole rows of the kernel.
  private int tapsOfTask() {
    int unit = s.window() <= 16 ? s.window() : s.kernelWidth();
    int most = Math.max(TAPS, MOST_SUMS / s.filters());
    int taps = Math.clamp((s.taps() + TASKS - 1) / TASKS, TAPS, most);
    return whole(whole(taps, unit), TAPS);
  }

  private static int whole(int n, int unit) {
    return (n + unit - 1) / unit * unit;
  }

  /// Copies `dOut` (B, O, pixels) to (groups, O, pixels of a group), in whole vectors.
  private float[] copy(float[] dOut, int dOutAt) {
    int groups = (s.images() + group - 1) / group;
    int pixels = s.pixels();
    float[] rows = Scratch.floats(Scratch.Use.SHARED_RIGHT, groups * s.filters() * pitch);
    Parallel.range(
        groups * s.filters(),
        Math.max(1, MOST_COPIED / 16 / pitch),
        (start, end) -> {
          for (int i = start; i < end; i++) {
            int b0 = i / s.filters() * group;
            int b1 = Math.min(b0 + group, s.images());
            for (int b = b0; b < b1; b++) {
              int from = dOutAt + (b * s.filters() + i % s.filters()) * pixels;
              System.arraycopy(dOut, from, rows, i * pitch + (b - b0) * pixels, pixels);
            }
            Arrays.fill(rows, i * pitch + (b1 - b0) * pixels, (i + 1) * pitch, 0);
          }
        });
    return rows;
  }

  /// Returns where the sum of a filter and the `i`-th of `n` taps is: those that are made together
  /// lie together.
  private static int sumAt(int filter, int i, int n) {
    int across = (n + TAPS - 1) / TAPS;
    int tile = filter / FILTERS * across + i / TAPS;
    return ((tile * FILTERS + filter % FILTERS) * TAPS + i % TAPS) * Lanes.COUNT;
  }

  /// Returns the sums of `n` taps and all filters.
  private float[] sums(float[] x, int xAt, float[] rows, int rowsAt, int tap, int n) {
    int c0 = tap / s.window();
    int c1 = (tap + n - 1) / s.window() + 1;
    int filters = whole(s.filters(), FILTERS);
    int size = sumAt(filters, 0, n);
    float[] sums = Scratch.floats(Scratch.Use.RESULT, size);
    Arrays.fill(sums, 0, size, 0);
    int longest = stretch + (s.kernelHeight() - 1) * s.outWidth();
    PatchRows taps = new PatchRows(s, tap - c0 * s.window(), n, group > 1, longest);
    int rowPitch = copied ? pitch : s.pixels();
    for (int b = 0; b < s.images(); b += group) {
      int end = Math.min(b + group, s.images());
      Patches patches = Patches.of(s, x, xAt, b, end, c0, c1, 0, s.outHeight(), longest);
      int pixels = (end - b) * s.pixels();
      int from = rowsAt + b / group * s.filters() * rowPitch;
      for (int p = 0; p < pixels; p += stretch) {
        int here = Math.min(stretch, pixels - p);
        taps.read(patches, p, here);
        add(taps, n, rows, from + p, rowPitch, Lanes.whole(here), sums);
      }
    }
    return sums;
  }

  /// Adds the products of `n` taps and all filters over a stretch of pixels.
  private void add(
      PatchRows taps, int n, float[] rows, int at, int rowPitch, int pixels, float[] sums) {
    int last = s.filters() - 1;
    for (int near = 0; near < n; near += NEAR) {
      int end = Math.min(n, near + NEAR);
      for (int o = 0; o <= last; o += FILTERS) {
        int r0 = at + o * rowPitch; // beyond the edge the last filter, or tap, is taken again
        int r1 = at + Math.min(o + 1, last) * rowPitch;
        for (int i = near; i < end; i += TAPS) {
          int x0 = taps.at(i);
          int x1 = taps.at(Math.min(i + 1, n - 1));
          int x2 = taps.at(Math.min(i + 2, n - 1));
          addDots(rows, r0, r1, taps.data(), x0, x1, x2, pixels, sums, sumAt(o, i, n));
        }
      }
    }
  }

  /// Adds the products of two rows and three to six sums.
  private static void addDots(
      float[] rows,
      int r0,
      int r1,
      float[] taps,
      int x0,
      int x1,
      int x2,
      int n,
      float[] sums,
      int at) {
    FloatVector s00 = FloatVector.fromArray(LANES, sums, at);
    FloatVector s01 = FloatVector.fromArray(LANES, sums, at + Lanes.COUNT);
    FloatVector s02 = FloatVector.fromArray(LANES, sums, at + 2 * Lanes.COUNT);
    FloatVector s10 = FloatVector.fromArray(LANES, sums, at + 3 * Lanes.COUNT);
    FloatVector s11 = FloatVector.fromArray(LANES, sums, at + 4 * Lanes.COUNT);
    FloatVector s12 = FloatVector.fromArray(LANES, sums, at + 5 * Lanes.COUNT);
    for (int i = 0; i < n; i += Lanes.COUNT) {
      FloatVector a0 = FloatVector.fromArray(LANES, rows, r0 + i);
      FloatVector a1 = FloatVector.fromArray(LANES, rows, r1 + i);
      FloatVector b0 = FloatVector.fromArray(LANES, taps, x0 + i);
      s00 = a0.fma(b0, s00);
      s10 = a1.fma(b0, s10);
      FloatVector b1 = FloatVector.fromArray(LANES, taps, x1 + i);
      s01 = a0.fma(b1, s01);
      s11 = a1.fma(b1, s11);
      FloatVector b2 = FloatVector.fromArray(LANES, taps, x2 + i);
      s02 = a0.fma(b2, s02);
      s12 = a1.fma(b2, s12);
    }
    s00.intoArray(sums, at);
    s01.intoArray(sums, at + Lanes.COUNT);
    s02.intoArray(sums, at + 2 * Lanes.COUNT);
    s10.intoArray(sums, at + 3 * Lanes.COUNT);
    s11.intoArray(sums, at + 4 * Lanes.COUNT);
    s12.intoArray(sums, at + 5 * Lanes.COUNT);
  }
}
