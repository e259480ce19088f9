package smalti.tensor.simd;

import org.jspecify.annotations.Nullable;

/// Multiplies packed weights with the pixels of large images for [ConvForward], where the kernel is
/// 1×1. There the patch matrix is the image itself, and the channels of a pixel are so far apart
/// that they push each other out of the first level of cache, as do the results of a pixel's
/// filters.
///
/// So several panels of pixels are copied at a time, each channel's side by side, and a strip of
/// filters passes all of them before the next: what is read and written is a row of some lines of
/// the cache, where a panel alone is one.
final class ConvPointwise {
  /// The fewest pixels of a channel: a page, after which the first level of cache begins again.
  private static final int LEAST = 1024;

  /// Numbers that are copied at a time: half of the first level of cache.
  private static final int COPIED = 1 << 12;

  /// The fewest panels that are copied together.
  private static final int TOGETHER = 4;

  private ConvPointwise() {}

  static boolean suits(ConvShape s) {
    return s.window() == 1
        && s.stride() == 1
        && s.top() == 0
        && s.left() == 0
        && s.plane() >= LEAST
        && s.channels() > 0;
  }

  /// Computes some filters at neighbouring pixels of one image.
  ///
  /// @param x from `xAt` the first channel's pixels
  /// @param weights [ConvForward#pack]
  /// @param biases of all filters, as whole strips; null for 0
  /// @param out from `outAt` the first filter's results
  static void multiply(
      ConvShape s,
      float[] x,
      int xAt,
      int pixels,
      float[] weights,
      int o0,
      int filters,
      float @Nullable [] biases,
      float[] out,
      int outAt) {
    int deepest = Math.min(s.channels(), Tile.DEPTH);
    int together = Math.max(TOGETHER, COPIED / deepest / Tile.COLUMNS) * Tile.COLUMNS;
    float[] panels = Scratch.floats(Scratch.Use.PANEL, together * deepest);
    for (int pixel = 0; pixel < pixels; pixel += together) {
      int here = Math.min(together, pixels - pixel);
      Matrix c = new Matrix(out, outAt + pixel, s.pixels(), 1);
      for (int channel = 0; channel < s.channels(); channel += Tile.DEPTH) {
        int depth = Math.min(Tile.DEPTH, s.channels() - channel);
        Matrix from = new Matrix(x, xAt + channel * s.plane() + pixel, s.plane(), 1);
        Packing.panels(from, depth, here, panels, 0, depth * Tile.COLUMNS);
        int block = (channel / Tile.DEPTH * Tile.wholeStrips(s.filters()) + o0) * Tile.DEPTH;
        float[] start = channel == 0 ? biases : null;
        Matrix base = channel == 0 ? null : c;
        for (int row = 0; row < filters; row += Tile.height(filters - row)) {
          for (int j = 0; j < here; j += Tile.COLUMNS) {
            Tile.multiplyRows(
                weights,
                block + row * Tile.DEPTH,
                Math.min(Tile.height(filters - row), filters - row),
                panels,
                j * depth,
                Math.min(Tile.COLUMNS, here - j),
                depth,
                start,
                o0 + row,
                c.from(row, j),
                Matrix.part(base, row, j));
          }
        }
      }
    }
  }
}
