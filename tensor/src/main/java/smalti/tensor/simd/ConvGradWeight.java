package smalti.tensor.simd;

import java.util.Arrays;
import smalti.tensor.Parallel;

/// Computes the gradient of a convolution with respect to its weight, transposed: the patch matrix
/// (C·KH·KW, pixels of all images) times the transposed `dOut` (pixels, O). The rows of the patch
/// matrix are copied as they are; `dOut` is packed once for all of them, some images at a time. A
/// task is some of the taps, over all images in their order.
final class ConvGradWeight {
  /// As many tasks as keep the cores of a usual machine busy.
  private static final int TASKS = 16;

  /// The most taps of a task: their block of patches stays in the second level of cache.
  private static final int MOST_TAPS = 128;

  /// The most numbers of `dOut` that are packed at a time.
  private static final int MOST_PACKED = 1 << 21;

  private final ConvShape s;

  /// Images whose pixels are summed together by one tile, where they are small.
  private final int group;

  /// Pixels that are summed by one tile.
  private final int depth;

  /// Filters rounded up to whole vectors.
  private final int filters;

  private final int panels;

  private ConvGradWeight(ConvShape s) {
    this.s = s;
    this.group = Math.clamp(Tile.DEPTH / s.pixels(), 1, s.images());
    this.depth = Math.min(Tile.DEPTH, s.pixels() * group);
    this.filters = (s.filters() + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
    this.panels = (filters + Tile.COLUMNS - 1) / Tile.COLUMNS;
  }

  static void run(
      ConvShape s, float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    if (s.images() == 0 || s.pixels() == 0) {
      Arrays.fill(dWeight, dWeightAt, dWeightAt + s.filters() * s.taps(), 0);
      return;
    }
    if (s.taps() > 0 && s.filters() > 0) {
      new ConvGradWeight(s).compute(x, xAt, dOut, dOutAt, dWeight, dWeightAt);
    }
  }

  private void compute(
      float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    int taps = s.taps();
    float[] sum = Scratch.floats(Scratch.Use.SHARED_RESULT, Tile.wholeStrips(taps) * filters);
    Arrays.fill(sum, 0, taps * filters, 0);
    int most = Math.max(1, MOST_PACKED / imageSize() / group) * group;
    int step = Math.clamp(Tile.wholeStrips((taps + TASKS - 1) / TASKS), Tile.ROWS, MOST_TAPS);
    for (int b = 0; b < s.images(); b += most) {
      int b0 = b;
      int b1 = Math.min(b + most, s.images());
      float[] packed = pack(dOut, dOutAt, b0, b1);
      Parallel.range(
          taps,
          step,
          (start, end) -> {
            for (int tap = start; tap < end; tap += step) {
              add(x, xAt, b0, b1, tap, Math.min(step, end - tap), packed, sum);
            }
          });
    }
    Parallel.range(
        s.filters(),
        Math.max(1, 65_536 / taps),
        (start, end) -> {
          for (int o = start; o < end; o++) {
            for (int tap = 0; tap < taps; tap++) {
              dWeight[dWeightAt + o * taps + tap] = sum[tap * filters + o];
            }
          }
        });
  }

  /// Returns the numbers of a packed image.
  private int imageSize() {
    return s.pixels() * panels * Tile.COLUMNS;
  }

  /// Packs `dOut` of some images, transposed, into panels: for each group of images and each
  /// stretch of their pixels one panel for every [Tile#COLUMNS] filters.
  private float[] pack(float[] dOut, int dOutAt, int b0, int b1) {
    int size = imageSize();
    float[] packed = Scratch.floats(Scratch.Use.SHARED_RIGHT, (b1 - b0) * size);
    int groups = (b1 - b0 + group - 1) / group;
    Parallel.range(
        groups * panels,
        Math.max(1, 65_536 / (group * s.pixels() * Tile.COLUMNS)),
        (start, end) -> {
          for (int i = start; i < end; i++) {
            int b = b0 + i / panels * group;
            int o = i % panels * Tile.COLUMNS;
            packGroup(dOut, dOutAt, b, Math.min(b + group, b1), o, packed, (b - b0) * size);
          }
        });
    return packed;
  }

  private void packGroup(
      float[] dOut, int dOutAt, int b0, int b1, int o, float[] packed, int packedAt) {
    int columns = Math.min(Tile.COLUMNS, s.filters() - o);
    int pixels = s.pixels();
    for (int p = 0; p < pixels; p += depth) {
      int here = Math.min(depth, pixels - p); // all pixels, where there are several images
      int panel =
          packedAt + p * panels * Tile.COLUMNS + o * (group > 1 ? (b1 - b0) * pixels : here);
      for (int b = b0; b < b1; b++) {
        int from = dOutAt + (b * s.filters() + o) * pixels + p;
        int to = panel + (b - b0) * pixels * Tile.COLUMNS;
        Packing.panel(dOut, from, 1, pixels, here, columns, packed, to);
      }
    }
  }

  /// Adds what some images contribute to `n` taps.
  private void add(
      float[] x, int xAt, int b0, int b1, int tap, int n, float[] packed, float[] sum) {
    int window = s.window();
    int c0 = tap / window;
    int c1 = (tap + n - 1) / window + 1;
    int strips = Tile.wholeStrips(n);
    float[] block = Scratch.floats(Scratch.Use.LEFT, strips * Tile.DEPTH + Lanes.COUNT);
    for (int b = b0; b < b1; b += group) {
      int end = Math.min(b + group, b1);
      Patches patches = Patches.of(s, x, xAt, b, end, c0, c1, 0, s.outHeight(), Tile.DEPTH);
      int pixels = (end - b) * s.pixels();
      for (int p = 0; p < pixels; p += depth) {
        int here = Math.min(depth, pixels - p);
        patches.select(p, here);
        patches.copy(tap - c0 * window, n, block, 0, Tile.DEPTH);
        for (int i = n; i < strips; i++) {
          Arrays.fill(block, i * Tile.DEPTH, i * Tile.DEPTH + here, 0);
        }
        int panel = (b - b0) * imageSize() + p * panels * Tile.COLUMNS;
        for (int o = 0; o < filters; o += Tile.COLUMNS) {
          Tile.multiplyRows(
              block,
              0,
              n,
              packed,
              panel + o * here,
              Math.min(Tile.COLUMNS, filters - o),
              here,
              sum,
              tap * filters + o,
              filters,
              true);
        }
      }
    }
  }
}
