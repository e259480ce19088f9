package smalti.tensor.simd;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Parallel;

/// Computes convolutions from packed weights. A task is a few images, or a few rows of one, and all
/// or some of the filters; for each panel of pixels and each stretch of taps it copies the panel of
/// the patch matrix and multiplies it with all strips of weights, while the panel is in the first
/// level of cache. For a few filters copying costs more than it saves, and the patches are read in
/// place where they can be. Large images and 1×1 kernels are another matter: [ConvPointwise].
final class ConvForward {
  /// As many tasks as keep the cores of a usual machine busy.
  private static final int TASKS = 32;

  /// The fewest filters for which a panel is copied.
  private static final int LEAST_FILTERS = 64;

  /// The most filters for which patches are read in place: reading is slower by a seventh, copying
  /// costs about one strip of filters.
  private static final int MOST_IN_PLACE = 32;

  /// The same for 1×1 kernels. Channels are often a power of 2 apart and push each other out of the
  /// cache, unless few filters read them.
  private static final int MOST_POINTWISE_IN_PLACE = 8;

  /// Weights that a thread packs at a time: ten microseconds.
  private static final int PACKED = 1 << 12;

  private ConvForward() {}

  /// Copies `n` weights of a filter, from `tap`, to every other place of an array.
  @FunctionalInterface
  interface Weights {
    void copy(int filter, int tap, int n, float[] to, int toAt);
  }

  /// Packs weights as [Packing#block] does, in blocks of [Tile#DEPTH] taps of all filters, in
  /// scratch memory.
  static float[] pack(ConvShape s, Weights weights) {
    int filters = Tile.wholeStrips(s.filters());
    int taps = s.taps();
    int blocks = (taps + Tile.DEPTH - 1) / Tile.DEPTH;
    float[] packed = Scratch.floats(Scratch.Use.SHARED_LEFT, blocks * filters * Tile.DEPTH);
    Parallel.range(
        filters,
        Math.max(Tile.ROWS, PACKED / Math.max(1, taps)),
        (start, end) -> {
          for (int filter = start; filter < end; filter++) {
            for (int tap = 0; tap < taps; tap += Tile.DEPTH) {
              int n = Math.min(Tile.DEPTH, taps - tap);
              int pair = (tap / Tile.DEPTH * filters + filter / 2 * 2) * Tile.DEPTH;
              int to = pair + filter % 2;
              if (filter < s.filters()) {
                weights.copy(filter, tap, n, packed, to);
              } else {
                for (int i = 0; i < n; i++) {
                  packed[to + 2 * i] = 0;
                }
              }
            }
          }
        });
    return packed;
  }

  /// Says how the work is cut: `images` whole images a task, or `rows` output rows of one image,
  /// and `filters` filters.
  private record Tasks(int images, int rows, int filters) {
    static Tasks of(ConvShape s) {
      int images = Math.clamp(Tile.COLUMNS / s.pixels(), 1, s.images());
      int pieces = Math.ceilDiv(s.images(), images);
      int rows = s.outHeight();
      while (rows > 1
          && pieces * Math.ceilDiv(s.outHeight(), rows) < TASKS
          && (rows + 1) / 2 * s.outWidth() >= 2 * Tile.COLUMNS) {
        rows = (rows + 1) / 2;
      }
      pieces *= Math.ceilDiv(s.outHeight(), rows);
      int filters = s.filters();
      while (pieces * Math.ceilDiv(s.filters(), filters) < TASKS && filters >= 2 * LEAST_FILTERS) {
        filters = Tile.wholeStrips((filters + 1) / 2);
      }
      return new Tasks(images, rows, filters);
    }
  }

  /// Computes `out` (B, O, H′, W′) from `x` (B, C, H, W), packed weights and perhaps a bias (O).
  static void run(
      ConvShape s,
      float[] x,
      int xAt,
      float[] weights,
      float @Nullable [] bias,
      int biasAt,
      ConvResult out) {
    if (s.images() == 0 || s.pixels() == 0 || s.filters() == 0) {
      return;
    }
    float[] biases = bias == null ? null : wholeStrips(bias, biasAt, s.filters());
    Tasks tasks = Tasks.of(s);
    int imageTasks = Math.ceilDiv(s.images(), tasks.images);
    int rowTasks = Math.ceilDiv(s.outHeight(), tasks.rows);
    int filterTasks = Math.ceilDiv(s.filters(), tasks.filters);
    boolean pointwise = ConvPointwise.suits(s); // one image a task, as it is large
    Parallel.range(
        imageTasks * rowTasks * filterTasks,
        1,
        (start, end) -> {
          for (int task = start; task < end; task++) {
            int b0 = task / (rowTasks * filterTasks) * tasks.images;
            int r0 = task / filterTasks % rowTasks * tasks.rows;
            int o0 = task % filterTasks * tasks.filters;
            int b1 = Math.min(b0 + tasks.images, s.images());
            int r1 = Math.min(r0 + tasks.rows, s.outHeight());
            int o1 = Math.min(o0 + tasks.filters, s.filters());
            int pixels = (b1 - b0) * (r1 - r0) * s.outWidth();
            int filters = o1 - o0;
            int first = (b0 * s.filters() + o0) * s.pixels() + r0 * s.outWidth();
            int to = out.at() + first;
            if (pointwise) {
              int from = xAt + b0 * s.channels() * s.plane() + r0 * s.width();
              ConvPointwise.multiply(
                  s, x, from, pixels, weights, o0, filters, biases, out.array(), to);
              finish(s, out, first, filters, pixels);
              continue;
            }
            Patches patches = Patches.of(s, x, xAt, b0, b1, 0, s.channels(), r0, r1, Tile.COLUMNS);
            if (b1 - b0 == 1) {
              multiply(
                  s, patches, pixels, weights, o0, filters, biases, out.array(), to, s.pixels());
              finish(s, out, first, filters, pixels);
            } else {
              float[] result = Scratch.floats(Scratch.Use.RESULT, filters * pixels);
              multiply(s, patches, pixels, weights, o0, filters, biases, result, 0, pixels);
              for (int b = b0; b < b1; b++) {
                int image = (b * s.filters() + o0) * s.pixels();
                for (int o = 0; o < filters; o++) {
                  System.arraycopy(
                      result,
                      o * pixels + (b - b0) * s.pixels(),
                      out.array(),
                      out.at() + image + o * s.pixels(),
                      s.pixels());
                }
                finish(s, out, image, filters, s.pixels());
              }
            }
          }
        });
  }

  /// Finishes neighbouring pixels of some filters of one image: all of a task at once, as what is
  /// read with them comes in long runs then. In pieces of 256 pixels it is slower.
  private static void finish(ConvShape s, ConvResult out, int first, int filters, int pixels) {
    for (int o = 0; o < filters; o++) {
      out.finish().run(first + o * s.pixels(), pixels);
    }
  }

  private static float[] wholeStrips(float[] bias, int at, int n) {
    float[] whole = Scratch.floats(Scratch.Use.SHARED_START, Tile.wholeStrips(n));
    System.arraycopy(bias, at, whole, 0, n);
    return whole;
  }

  /// Computes some filters at the pixels of a task; the results of a filter lie side by side.
  private static void multiply(
      ConvShape s,
      Patches patches,
      int pixels,
      float[] weights,
      int o0,
      int filters,
      float @Nullable [] biases,
      float[] out,
      int outAt,
      int outStride) {
    int taps = s.taps();
    float[] panel = Scratch.floats(Scratch.Use.PANEL, Tile.DEPTH * Tile.COLUMNS + Lanes.COUNT);
    int most = s.window() == 1 ? MOST_POINTWISE_IN_PLACE : MOST_IN_PLACE;
    for (int pixel = 0; pixel < pixels; pixel += Tile.COLUMNS) {
      int columns = Math.min(Tile.COLUMNS, pixels - pixel);
      patches.select(pixel, columns);
      boolean inPlace = filters <= most && patches.inPlace();
      Matrix c = new Matrix(out, outAt + pixel, outStride, 1);
      int tap = 0;
      do { // once where there are no taps, for the biases
        int depth = Math.min(Tile.DEPTH, taps - tap);
        int block = (tap / Tile.DEPTH * Tile.wholeStrips(s.filters()) + o0) * Tile.DEPTH;
        float[] start = tap == 0 ? biases : null;
        Matrix base = tap > 0 ? c : null;
        if (inPlace) {
          patches.multiplyRows(weights, block, filters, tap, depth, start, o0, c, base);
        } else {
          patches.copy(tap, depth, panel, 0, Tile.COLUMNS);
          Tile.multiplyRows(weights, block, filters, panel, 0, columns, depth, start, o0, c, base);
        }
        tap += depth;
      } while (tap < taps);
    }
  }
}
