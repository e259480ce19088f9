package smalti.tensor.simd;

import java.util.Arrays;
import smalti.tensor.Parallel;

/// Computes what [ConvGradWeight] does, for many filters, as a matrix product with [Tile]: the
/// patch matrix (C·KH·KW, pixels of all images) times the transposed `dOut` (pixels, O). The result
/// lies (C·KH·KW, O) and is transposed in the end.
///
/// The pixels pass in stretches of at most [Tile#DEPTH]. All threads first transpose `dOut`, of as
/// many stretches as [#MOST_PACKED] allows, to panels. Then a task is some of the taps, over the
/// stretches of one part of the images in their order: it reads its rows of the patch matrix
/// ([PatchRows]), packs them to strips and multiplies them with the panels of all filters.
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

  /// The fewest channels with 1×1 kernels, for which [ConvGradWeight] copies nothing at all.
  private static final int LEAST_CHANNELS = 32;

  private final ConvShape s;
  private final Stretches stretches;

  /// Panels of filters.
  private final int panels;

  /// Parts of the images ([Stretches#parts]).
  private final int parts;

  /// The most stretches of a part that are packed at a time.
  private final int most;

  private ConvGradManyFilters(ConvShape s) {
    this.s = s;
    this.stretches = Stretches.of(s, Tile.DEPTH);
    this.panels = Math.ceilDiv(s.filters(), Tile.COLUMNS);
    this.parts = stretches.parts();
    this.most = Math.clamp(MOST_PACKED / (parts * panels * PANEL), 1, longestPart());
  }

  /// Returns whether this is the faster way.
  static boolean suits(ConvShape s) {
    return s.filters() >= LEAST_FILTERS
        && (s.window() > 1 || s.channels() >= LEAST_CHANNELS)
        && s.outWidth() <= Tile.DEPTH;
  }

  static void run(
      ConvShape s, float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    new ConvGradManyFilters(s).compute(x, xAt, dOut, dOutAt, dWeight, dWeightAt);
  }

  private int longestPart() {
    return Math.ceilDiv(stretches.count(), parts);
  }

  /// Is what one round does of a part: the stretches `[from, to)`, packed one after the other from
  /// `at` on.
  private record Portion(int part, int from, int to, int at, boolean first) {}

  private Portion portion(int part, int done) {
    int from = stretches.begin(part) + done;
    int to = Math.min(from + most, stretches.begin(part + 1));
    return new Portion(part, from, to, part * most * panels * PANEL, done == 0);
  }

  private void compute(
      float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    int taps = s.taps();
    int width = panels * Tile.COLUMNS;
    int size = taps * width;
    float[] packed = Scratch.floats(Scratch.Use.SHARED_RIGHT, parts * most * panels * PANEL);
    float[] result = Scratch.floats(Scratch.Use.SHARED_LEFT, parts * size); // (parts, taps, O)
    int step = tapsOfTask();
    int tasks = Math.ceilDiv(taps, step); // of each part
    for (int round = 0; round < longestPart(); round += most) {
      int done = round;
      pack(dOut, dOutAt, done, packed);
      Parallel.range(
          parts * tasks,
          1,
          (start, end) -> {
            for (int task = start; task < end; task++) {
              Portion portion = portion(task / tasks, done);
              int tap = task % tasks * step;
              multiply(x, xAt, portion, packed, tap, Math.min(step, taps - tap), result, width);
            }
          });
    }
    Parallel.range(
        s.filters(),
        Math.max(1, TRANSPOSED / taps),
        (start, end) -> {
          for (int o = start; o < end; o++) {
            for (int tap = 0; tap < taps; tap++) {
              float sum = 0;
              for (int part = 0; part < parts; part++) {
                sum += result[part * size + tap * width + o];
              }
              dWeight[dWeightAt + o * taps + tap] = sum;
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

  /// Transposes `dOut` (B, O, pixels) of a round's stretches to panels (parts, stretches, O /
  /// columns, pixels, columns), with zeros between images.
  private void pack(float[] dOut, int dOutAt, int done, float[] packed) {
    int pixels = s.pixels();
    Parallel.range(
        parts * most * panels,
        1,
        (start, end) -> {
          for (int i = start; i < end; i++) {
            Portion portion = portion(i / panels / most, done);
            int stretch = portion.from + i / panels % most;
            if (stretch >= portion.to) {
              continue;
            }
            int o = i % panels * Tile.COLUMNS;
            int columns = Math.min(Tile.COLUMNS, s.filters() - o);
            Stretches.Stretch t = stretches.at(stretch);
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

  /// Computes, or adds, what a portion contributes to the gradients of some taps.
  private void multiply(
      float[] x,
      int xAt,
      Portion portion,
      float[] packed,
      int tap,
      int taps,
      float[] result,
      int width) {
    PatchRows rows = new PatchRows(s, stretches, tap, taps);
    float[] strips = Scratch.floats(Scratch.Use.RESULT, Tile.wholeStrips(taps) * Tile.DEPTH);
    int resultAt = (portion.part * s.taps() + tap) * width;
    int packedAt = portion.at;
    for (int i = portion.from; i < portion.to; i++) {
      Stretches.Stretch t = stretches.at(i);
      int depth = stretches.length(t);
      rows.read(x, xAt, t);
      rows.pack(depth, strips);
      boolean first = portion.first && i == portion.from;
      for (int panel = 0; panel < panels; panel++) {
        Matrix sums = new Matrix(result, resultAt + panel * Tile.COLUMNS, width, 1);
        Tile.multiplyRows(
            strips,
            0,
            taps,
            packed,
            packedAt,
            Tile.COLUMNS,
            depth,
            null,
            0,
            sums,
            first ? null : sums);
        packedAt += PANEL;
      }
    }
  }
}
