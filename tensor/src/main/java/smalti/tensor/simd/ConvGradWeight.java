package smalti.tensor.simd;

import static smalti.tensor.simd.DotLoops.SIX;
import static smalti.tensor.simd.DotLoops.TWO;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import smalti.tensor.Parallel;

/// Computes the gradient of a convolution with respect to its weight; 3×3 with many channels by
/// [ConvGradWinograd], other kernels of many filters by [ConvGradManyFilters]. Otherwise: `dOut`
/// (O, pixels of all images) times the transposed patch matrix (pixels, C·KH·KW). Both have a
/// pixel's neighbours side by side, so each weight's gradient is a dot product of two rows, and
/// nothing is transposed.
///
/// A task is some of the taps or, with 1×1 kernels, which have few, some of the filters, over one
/// part of the images ([Stretches#parts]) in their order. It reads the taps' rows of the patch
/// matrix a stretch of pixels at a time ([PatchRows]) and multiplies them with the rows of `dOut`
/// as they lie; only where images are so small that several make up a stretch is `dOut` copied.
/// [DotLoops] takes six rows of the one side and two of the other. The sums stay vectors until all
/// images are done.
final class ConvGradWeight {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;

  /// The most pixels of a stretch: the copies that [#NEAR] taps of a 3×3 kernel share and two
  /// filters are 30 to 50 KB, about what the first level of cache holds. Half as many pixels are
  /// slower by a tenth, for more calls.
  private static final int STRETCH = 1024;

  /// Taps that all filters pass before the next ones.
  private static final int NEAR = 2 * SIX;

  /// The same with 1×1 kernels.
  private static final int POINTWISE_NEAR = 16;

  /// As many tasks as keep the cores of a small machine busy; with more, copying weighs more.
  private static final int TASKS = 8;

  /// The most sums of a task: as vectors they stay in the second level of cache.
  private static final int MOST_SUMS = 8192;

  /// Numbers of `dOut` that a thread copies at a time, about.
  private static final int COPIED = 1 << 16;

  private final ConvShape s;

  /// Whether six taps meet two filters; otherwise two taps meet six filters.
  private final boolean sixTaps;

  private final Stretches stretches;

  /// Whether `dOut` is copied: where several images make up a stretch, or vectors do not fit.
  private final boolean copied;

  /// The distance between filters: in a copy of `dOut` the longest stretch in whole vectors.
  private final int pitch;

  private ConvGradWeight(ConvShape s) {
    this.s = s;
    this.sixTaps = s.window() > 1;
    this.stretches = Stretches.of(s, STRETCH);
    this.copied = !stretches.areWholeVectors();
    this.pitch = copied ? Lanes.whole(stretches.longest()) : s.pixels();
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
    if (ConvGradWinograd.suits(s)
        && ConvGradWinograd.run(s, x, xAt, dOut, dOutAt, dWeight, dWeightAt)) {
      return;
    }
    if (ConvGradManyFilters.suits(s)) {
      ConvGradManyFilters.run(s, x, xAt, dOut, dOutAt, dWeight, dWeightAt);
    } else {
      new ConvGradWeight(s).compute(x, xAt, dOut, dOutAt, dWeight, dWeightAt);
    }
  }

  /// Is what one task computes: some taps of some filters, over the stretches `[from, to)`.
  private record Share(int from, int to, int tap, int taps, int filter, int filters) {}

  private void compute(
      float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    int taps = s.taps();
    boolean byFilters = !sixTaps && stretches.images() == 1 && s.filters() >= TASKS / 2 * SIX;
    int step = byFilters ? filtersOfTask() : tapsOfTask();
    float[] rows = copied ? copy(dOut, dOutAt) : dOut;
    int rowsAt = copied ? 0 : dOutAt;
    int all = byFilters ? s.filters() : taps;
    int tasks = Math.ceilDiv(all, step); // of each part of the images
    int parts = stretches.parts();
    int size = s.filters() * taps;
    float[] partial = Scratch.floats(Scratch.Use.SHARED_LEFT, parts * size);
    Parallel.range(
        parts * tasks,
        1,
        (start, end) -> {
          for (int task = start; task < end; task++) {
            int p = task / tasks;
            int at = task % tasks * step;
            int n = Math.min(step, all - at);
            int from = stretches.begin(p);
            int to = stretches.begin(p + 1);
            Share share =
                byFilters
                    ? new Share(from, to, 0, taps, at, n)
                    : new Share(from, to, at, n, 0, s.filters());
            float[] sums = sums(share, x, xAt, rows, rowsAt);
            for (int o = 0; o < share.filters; o++) {
              for (int i = 0; i < share.taps; i++) {
                partial[p * size + (share.filter + o) * taps + share.tap + i] =
                    Lanes.sum(FloatVector.fromArray(LANES, sums, sumAt(share, o, i)));
              }
            }
          }
        });
    for (int i = 0; i < size; i++) {
      float sum = partial[i];
      for (int p = 1; p < parts; p++) {
        sum += partial[p * size + i];
      }
      dWeight[dWeightAt + i] = sum;
    }
  }

  /// Returns the taps of a task: where they are few, those of whole channels, each of which is then
  /// copied once; otherwise whole rows of the kernel.
  private int tapsOfTask() {
    int together = sixTaps ? SIX : TWO;
    int unit = s.window() <= 16 ? s.window() : s.kernelWidth();
    int most = Math.max(together, MOST_SUMS / s.filters());
    int taps = Math.clamp((s.taps() + TASKS - 1) / TASKS, 1, most);
    // Whole channels and whole sixes, if that is not many more.
    int both = whole(taps, unit * together / gcd(unit, together));
    return both <= 2 * taps ? both : whole(whole(taps, unit), together);
  }

  private int filtersOfTask() {
    int most = Math.max(SIX, MOST_SUMS / s.taps());
    return whole(Math.clamp((s.filters() + TASKS - 1) / TASKS, 1, most), SIX);
  }

  private static int whole(int n, int unit) {
    return (n + unit - 1) / unit * unit;
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /// Copies `dOut` (B, O, pixels) to (stretches, O, pixels of a stretch): in whole vectors, with
  /// zeros between images.
  private float[] copy(float[] dOut, int dOutAt) {
    int n = stretches.count() * s.filters();
    float[] rows = Scratch.floats(Scratch.Use.SHARED_RIGHT, n * pitch);
    Parallel.range(
        n,
        Math.clamp(COPIED / pitch, 1, Math.ceilDiv(n, 4)), // so that each thread has its images
        (start, end) -> {
          for (int i = start; i < end; i++) {
            Stretches.Stretch t = stretches.at(i / s.filters());
            int pixels = (t.r1() - t.r0()) * s.outWidth();
            int to = i * pitch;
            for (int b = t.b0(); b < t.b1(); b++) {
              int from = (b * s.filters() + i % s.filters()) * s.pixels() + t.r0() * s.outWidth();
              System.arraycopy(dOut, dOutAt + from, rows, to, pixels);
              int next = b + 1 < t.b1() ? to + stretches.tall() : (i + 1) * pitch;
              Arrays.fill(rows, to + pixels, next, 0);
              to = next;
            }
          }
        });
    return rows;
  }

  /// Returns where the sum of a filter and a tap of a share is: those that are made together lie
  /// together.
  private int sumAt(Share share, int filter, int tap) {
    int six = sixTaps ? tap : filter;
    int two = sixTaps ? filter : tap;
    int across = ((sixTaps ? share.filters : share.taps) + TWO - 1) / TWO;
    int tile = six / SIX * across + two / TWO;
    return ((tile * SIX + six % SIX) * TWO + two % TWO) * Lanes.COUNT;
  }

  /// Returns the sums of a share.
  private float[] sums(Share share, float[] x, int xAt, float[] rows, int rowsAt) {
    int across = whole(sixTaps ? share.filters : share.taps, TWO);
    int down = whole(sixTaps ? share.taps : share.filters, SIX);
    int size = across * down * Lanes.COUNT;
    float[] sums = Scratch.floats(Scratch.Use.RESULT, size);
    Arrays.fill(sums, 0, size, 0);
    PatchRows taps = new PatchRows(s, stretches, share.tap, share.taps);
    for (int i = share.from; i < share.to; i++) {
      Stretches.Stretch t = stretches.at(i);
      taps.read(x, xAt, t);
      int slot = copied ? i : t.b0();
      int at = rowsAt + (slot * s.filters() + share.filter) * pitch;
      at += copied ? 0 : t.r0() * s.outWidth();
      int pixels = Lanes.whole(stretches.length(t));
      if (sixTaps) {
        addSixTaps(share, taps, rows, at, pixels, sums);
      } else {
        addSixFilters(share, taps, rows, at, pixels, sums);
      }
    }
    return sums;
  }

  /// Adds the products of taps and filters over a stretch of pixels. Beyond the edge the last
  /// filter, or tap, is taken again.
  private void addSixTaps(
      Share share, PatchRows taps, float[] rows, int at, int pixels, float[] sums) {
    int lastFilter = share.filters - 1;
    int last = share.taps - 1;
    for (int near = 0; near <= last; near += NEAR) {
      int end = Math.min(last, near + NEAR - 1);
      for (int o = 0; o <= lastFilter; o += TWO) {
        int r0 = at + o * pitch;
        int r1 = at + Math.min(o + 1, lastFilter) * pitch;
        for (int i = near; i <= end; i += SIX) {
          DotLoops.add(
              taps.data(),
              taps.at(i),
              taps.at(Math.min(i + 1, last)),
              taps.at(Math.min(i + 2, last)),
              taps.at(Math.min(i + 3, last)),
              taps.at(Math.min(i + 4, last)),
              taps.at(Math.min(i + 5, last)),
              rows,
              r0,
              r1,
              pixels,
              sums,
              sumAt(share, o, i));
        }
      }
    }
  }

  private void addSixFilters(
      Share share, PatchRows taps, float[] rows, int at, int pixels, float[] sums) {
    int last = share.filters - 1;
    int lastTap = share.taps - 1;
    for (int near = 0; near <= lastTap; near += POINTWISE_NEAR) {
      int end = Math.min(lastTap, near + POINTWISE_NEAR - 1);
      for (int o = 0; o <= last; o += SIX) {
        for (int i = near; i <= end; i += TWO) {
          DotLoops.add(
              rows,
              at + o * pitch,
              at + Math.min(o + 1, last) * pitch,
              at + Math.min(o + 2, last) * pitch,
              at + Math.min(o + 3, last) * pitch,
              at + Math.min(o + 4, last) * pitch,
              at + Math.min(o + 5, last) * pitch,
              taps.data(),
              taps.at(i),
              taps.at(Math.min(i + 1, lastTap)),
              pixels,
              sums,
              sumAt(share, o, i));
        }
      }
    }
  }
}
