package smalti.tensor.simd;

import java.util.Arrays;
import smalti.tensor.Parallel;

/// Computes the gradient of a convolution of any stride with respect to its input: the transposed
/// weights (C·KH·KW, O) times `dOut` (O, pixels) give what each tap at each pixel contributes, and
/// that is added to the number which the tap met there. A task is one image.
final class ConvGradInput {
  private ConvGradInput() {}

  static void run(
      ConvShape s, float[] dOut, int dOutAt, float[] weight, int weightAt, ConvResult dx) {
    int taps = s.taps();
    int rows = Tile.wholeStrips(taps);
    int blocks = (s.filters() + Tile.DEPTH - 1) / Tile.DEPTH;
    float[] packed = Scratch.floats(Scratch.Use.SHARED_LEFT, blocks * rows * Tile.DEPTH);
    Matrix transposed = new Matrix(weight, weightAt, 1, taps); // (taps, O)
    for (int o = 0; o < s.filters(); o += Tile.DEPTH) {
      int depth = Math.min(Tile.DEPTH, s.filters() - o);
      int block = o / Tile.DEPTH * rows * Tile.DEPTH;
      Packing.block(transposed.from(0, o), taps, depth, packed, block);
    }
    int size = s.channels() * s.plane();
    Parallel.range(
        s.images(),
        1,
        (start, end) -> {
          for (int b = start; b < end; b++) {
            int to = dx.at() + b * size;
            Arrays.fill(dx.array(), to, to + size, 0);
            int from = dOutAt + b * s.filters() * s.pixels();
            image(s, dOut, from, packed, dx.array(), to);
            dx.finish().run(b * size, size);
          }
        });
  }

  private static void image(
      ConvShape s, float[] dOut, int from, float[] weights, float[] dx, int dxAt) {
    int taps = s.taps();
    int rows = Tile.wholeStrips(taps);
    float[] panel = Scratch.floats(Scratch.Use.PANEL, Tile.DEPTH * Tile.COLUMNS);
    float[] result = Scratch.floats(Scratch.Use.RESULT, taps * Tile.COLUMNS);
    Matrix sums = new Matrix(result, 0, Tile.COLUMNS, 1);
    for (int pixel = 0; pixel < s.pixels(); pixel += Tile.COLUMNS) {
      int columns = Math.min(Tile.COLUMNS, s.pixels() - pixel);
      for (int o = 0; o < s.filters(); o += Tile.DEPTH) {
        int depth = Math.min(Tile.DEPTH, s.filters() - o);
        int at = from + o * s.pixels() + pixel;
        Packing.panel(new Matrix(dOut, at, s.pixels(), 1), depth, columns, panel, 0);
        int block = o / Tile.DEPTH * rows * Tile.DEPTH;
        Tile.multiplyRows(
            weights, block, taps, panel, 0, columns, depth, null, 0, sums, o > 0 ? sums : null);
      }
      for (int tap = 0; tap < taps; tap++) {
        spread(s, tap, pixel, columns, result, tap * Tile.COLUMNS, dx, dxAt);
      }
    }
  }

  /// Adds what a tap contributes at some pixels.
  private static void spread(
      ConvShape s, int tap, int pixel, int n, float[] from, int at, float[] dx, int dxAt) {
    int kw = tap % s.kernelWidth();
    int kh = tap / s.kernelWidth() % s.kernelHeight();
    int channel = dxAt + tap / s.window() * s.plane();
    int row = pixel / s.outWidth();
    int column = pixel % s.outWidth();
    for (int i = 0; i < n; i++) {
      int y = row * s.stride() - s.top() + kh;
      int x = column * s.stride() - s.left() + kw;
      if (y >= 0 && y < s.height() && x >= 0 && x < s.width()) {
        dx[channel + y * s.width() + x] += from[at + i];
      }
      if (++column == s.outWidth()) {
        column = 0;
        row++;
      }
    }
  }
}
