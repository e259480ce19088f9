package smalti.tensor.simd;

import java.util.Arrays;
import smalti.tensor.Parallel;

/// Computes what [ConvGradWeight] does, for many filters, as a matrix product with [Tile]: the
/// patch matrix (C·KH·KW, pixels of all images) times the transposed `dOut` (pixels, O). The result
/// lies (C·KH·KW, O) and is transposed in the end.
///
/// The pixels pass in stretches of at most [Tile#DEPTH]. All threads first transpose `dOut`, of as
/// many stretches as [#MOST_PACKED] allows, to panels. Then a task is some of the taps, over all
/// stretches in their order: it reads its rows of the patch matrix ([PatchRows]), packs them to
/// strips and multiplies them with the panels of all filters.
final class ConvGradManyFilters {
  /// As many tasks as keep the cores of a usual machine busy.
  private static final int TASKS = 24;

  /// The fewest taps of a task, where there are enough: two strips.
  private static final int LEAST_TAPS = 2 * SixRowLoops.ROWS;

  /// The most numbers of `dOut` that are packed at a time, if more than one stretch.
  private static final int MOST_PACKED = 1 << 20;

  /// Weights' gradients that a thread brings to their places at a time.
  private static final int TRANSPOSED = 4096;

  private static final int PANEL = Tile.DEPTH * Tile.COLUMNS;

  /// The fewest filters whose products are worth packing for.
  private static final int LEAST_FILTERS = 32;

  private final ConvShape s;
  private final Stretches stretches;

  /// Panels of filters.
  private final int panels;

  private ConvGradManyFilters(ConvShape s) {
    this.s = s;
    this.stretches = Stretches.of(s, Tile.DEPTH);
    this.panels = Math.ceilDiv(s.filters(), Tile.COLUMNS);
  }

  /// Returns whether this is the faster way. With 1×1 kernels [ConvGradWeight] copies nothing at
  /// all.
  static boolean suits(ConvShape s) {
    return s.filters() >= LEAST_FILTERS && s.window() > 1 && s.outWidth() <= Tile.DEPTH;
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
    int count = stretches.count();
    int most = Math.clamp(MOST_PACKED / (panels * PANEL), 1, count);
    float[] packed = Scratch.floats(Scratch.Use.SHARED_RIGHT, most * panels * PANEL);
    int step = tapsOfTask();
    for (int first = 0; first < count; first += most) {
      int from = first;
      int to = Math.min(first + most, count);
      pack(dOut, dOutAt, from, to, packed);
      Parallel.range(
          taps,
          step,
          (start, end) -> {
            for (int tap = start; tap < end; tap += step) {
              int here = Math.min(step, end - tap);
              multiply(x, xAt, from, to, packed, tap, here, result, tap * width, width);
            }
          });
    }
    Parallel.range(
        s.filters(),
        Math.max(1, TRANSPOSED / taps),
        (start, end) -> {
          for (int o = start; o < end; o++) {
            for (int tap = 0; tap < taps; tap++) {
              dWeight[dWeightAt + o * taps + tap] = result[tap * width + o];
            }
          }
        });
  }

  /// Returns the taps of a task: where they are few, those of whole channels, each of which is then
  /// copied once; otherwise whole rows of the kernel.
  private int tapsOfTask() {
    int unit = s.window() <= 16 ? s.window() : s.kernelWidth();
    int least = s.taps() >= 4 * LEAST_TAPS ? LEAST_TAPS : Tile.ROWS;
    return Math.ceilDiv(Math.max(least, Math.ceilDiv(s.taps(), TASKS)), unit) * unit;
  }

  /// Transposes `dOut` (B, O, pixels) of stretches `[from, to)` to panels (stretches, O / columns,
  /// pixels, columns), with zeros between images.
  private void pack(float[] dOut, int dOutAt, int from, int to, float[] packed) {
    int pixels = s.pixels();
    Parallel.range(
        (to - from) * panels,
        1,
        (start, end) -> {
          for (int i = start; i < end; i++) {
            int o = i % panels * Tile.COLUMNS;
            int columns = Math.min(Tile.COLUMNS, s.filters() - o);
            Stretches.Stretch t = stretches.at(from + i / panels);
            int depth = (t.r1() - t.r0()) * s.outWidth(); // of each image
            for (int b = t.b0(); b < t.b1(); b++) {
              int at = dOutAt + (b * s.filters() + o) * pixels + t.r0() * s.outWidth();
              int panel = i * PANEL + (b - t.b0()) * stretches.tall() * Tile.COLUMNS;
              Packing.panel(new Matrix(dOut, at, 1, pixels), depth, columns, packed, panel);
              if (b + 1 < t.b1()) {
                int end0 = panel + depth * Tile.COLUMNS;
                Arrays.fill(packed, end0, panel + stretches.tall() * Tile.COLUMNS, 0);
              }
            }
          }
        });
  }

  /// Computes, or adds, what stretches `[from, to)` contribute to the gradients of some taps.
  private void multiply(
      float[] x,
      int xAt,
      int from,
      int to,
      float[] packed,
      int tap,
      int taps,
      float[] result,
      int resultAt,
      int width) {
    PatchRows rows = new PatchRows(s, stretches, tap, taps);
    float[] strips = Scratch.floats(Scratch.Use.RESULT, Tile.wholeStrips(taps) * Tile.DEPTH);
    for (int i = from; i < to; i++) {
      Stretches.Stretch t = stretches.at(i);
      int depth = stretches.length(t);
      rows.read(x, xAt, t);
      rows.pack(depth, strips);
      for (int panel = 0; panel < panels; panel++) {
        Matrix sums = new Matrix(result, resultAt + panel * Tile.COLUMNS, width, 1);
        Tile.multiplyRows(
            strips,
            0,
            taps,
            packed,
            ((i - from) * panels + panel) * PANEL,
            Tile.COLUMNS,
            depth,
            null,
            0,
            sums,
            i > 0 ? sums : null);
      }
    }
  }
}
