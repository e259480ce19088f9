package smalti.tensor.simd;

import smalti.tensor.Parallel;

/// Computes what [ConvGradWeight] does, for many filters, as a matrix product with [Tile]: the
/// patch matrix (C·KH·KW, pixels of all images) times the transposed `dOut` (pixels, O). The result
/// lies (C·KH·KW, O) and is transposed in the end.
///
/// The pixels pass in stretches of at most [Tile#DEPTH]. All threads first transpose `dOut`, of as
/// many images as [#MOST_PACKED] allows, to panels. Then a task is some of the taps, over all
/// images in their order: it reads its rows of the patch matrix ([PatchRows]), packs them to strips
/// and multiplies them with the panels of all filters.
final class ConvGradManyFilters {
  /// As many tasks as keep the cores of a usual machine busy.
  private static final int TASKS = 12;

  /// The fewest taps of a task, where there are enough: two strips.
  private static final int LEAST_TAPS = 2 * SixRowLoops.ROWS;

  /// The most numbers of `dOut` that are packed at a time, if more than one image.
  private static final int MOST_PACKED = 1 << 20;

  private static final int PANEL = Tile.DEPTH * Tile.COLUMNS;

  /// The fewest filters whose products are worth packing for.
  private static final int LEAST_FILTERS = 32;

  private final ConvShape s;

  /// Images whose pixels make up a stretch, where they are small.
  private final int group;

  /// Stretches of an image, or of a group.
  private final int stretches;

  /// Panels of filters.
  private final int panels;

  private ConvGradManyFilters(ConvShape s) {
    this.s = s;
    this.group = Math.clamp(Tile.DEPTH / s.pixels(), 1, s.images());
    this.stretches = pieces(s.pixels() * group, Tile.DEPTH);
    this.panels = pieces(s.filters(), Tile.COLUMNS);
  }

  /// Returns whether this is the faster way. With 1×1 kernels [ConvGradWeight] copies nothing at
  /// all.
  static boolean suits(ConvShape s) {
    return s.filters() >= LEAST_FILTERS && s.window() > 1;
  }

  private static int pieces(int size, int step) {
    return (size + step - 1) / step;
  }

  static void run(
      ConvShape s, float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    new ConvGradManyFilters(s).compute(x, xAt, dOut, dOutAt, dWeight, dWeightAt);
  }

  private void compute(
      float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    int taps = s.taps();
    int width = panels * Tile.COLUMNS;
    float[] result = Scratch.floats(Scratch.Use.SHARED_LEFT, taps * width); // (taps, O)
    int groups = pieces(s.images(), group);
    int most = Math.clamp(MOST_PACKED / (stretches * panels * PANEL), 1, groups);
    float[] packed = Scratch.floats(Scratch.Use.SHARED_RIGHT, most * stretches * panels * PANEL);
    int step = tapsOfTask();
    for (int g = 0; g < groups; g += most) {
      int first = g;
      int n = Math.min(most, groups - g);
      pack(dOut, dOutAt, first, n, packed);
      Parallel.range(
          taps,
          step,
          (start, end) -> {
            for (int tap = start; tap < end; tap += step) {
              int here = Math.min(step, end - tap);
              multiply(x, xAt, first, n, packed, tap, here, result, tap * width, width);
            }
          });
    }
    for (int o = 0; o < s.filters(); o++) {
      for (int tap = 0; tap < taps; tap++) {
        dWeight[dWeightAt + o * taps + tap] = result[tap * width + o];
      }
    }
  }

  /// Returns the taps of a task: where they are few, those of whole channels, each of which is then
  /// copied once; otherwise whole rows of the kernel.
  private int tapsOfTask() {
    int unit = s.window() <= 16 ? s.window() : s.kernelWidth();
    int least = s.taps() >= 4 * LEAST_TAPS ? LEAST_TAPS : Tile.ROWS;
    return pieces(Math.max(least, pieces(s.taps(), TASKS)), unit) * unit;
  }

  /// Transposes `dOut` (B, O, pixels) of `n` groups of images to panels (groups, stretches, O /
  /// columns, pixels, columns).
  private void pack(float[] dOut, int dOutAt, int first, int n, float[] packed) {
    int pixels = s.pixels();
    Parallel.range(
        n * stretches * panels,
        1,
        (start, end) -> {
          for (int i = start; i < end; i++) {
            int o = i % panels * Tile.COLUMNS;
            int p = i / panels % stretches * Tile.DEPTH;
            int b0 = (first + i / panels / stretches) * group;
            int b1 = Math.min(b0 + group, s.images());
            int columns = Math.min(Tile.COLUMNS, s.filters() - o);
            int depth = Math.min(Tile.DEPTH, pixels - p); // of each image
            for (int b = b0; b < b1; b++) {
              int at = dOutAt + (b * s.filters() + o) * pixels + p;
              int to = i * PANEL + (b - b0) * pixels * Tile.COLUMNS;
              Packing.panel(new Matrix(dOut, at, 1, pixels), depth, columns, packed, to);
            }
          }
        });
  }

  /// Computes, or adds, what `n` groups of images contribute to the gradients of some taps.
  private void multiply(
      float[] x,
      int xAt,
      int first,
      int n,
      float[] packed,
      int tap,
      int taps,
      float[] result,
      int resultAt,
      int width) {
    int c0 = tap / s.window();
    int c1 = (tap + taps - 1) / s.window() + 1;
    int longest = Tile.DEPTH + (s.kernelHeight() - 1) * s.outWidth();
    PatchRows rows = new PatchRows(s, tap - c0 * s.window(), taps, group > 1, longest);
    float[] strips = Scratch.floats(Scratch.Use.RESULT, Tile.wholeStrips(taps) * Tile.DEPTH);
    for (int g = 0; g < n; g++) {
      int b0 = (first + g) * group;
      int b1 = Math.min(b0 + group, s.images());
      Patches patches = Patches.of(s, x, xAt, b0, b1, c0, c1, 0, s.outHeight(), longest);
      int pixels = (b1 - b0) * s.pixels();
      for (int p = 0; p < pixels; p += Tile.DEPTH) {
        int depth = Math.min(Tile.DEPTH, pixels - p);
        rows.read(patches, p, depth);
        rows.pack(depth, strips);
        int stretch = g * stretches + p / Tile.DEPTH;
        for (int panel = 0; panel < panels; panel++) {
          Tile.multiplyRows(
              strips,
              0,
              taps,
              packed,
              (stretch * panels + panel) * PANEL,
              Tile.COLUMNS,
              depth,
              null,
              0,
              result,
              resultAt + panel * Tile.COLUMNS,
              width,
              first + g > 0 || p > 0);
        }
      }
    }
  }
}
