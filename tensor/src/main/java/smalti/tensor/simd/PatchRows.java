package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Reads rows of the matrix that a convolution multiplies its weights with ("im2col"), each of a
/// stretch of pixels side by side ([Stretches]), in the cheapest of three ways:
///
/// - in place, where the pixels lie so in the image: with 1×1 kernels;
/// - the image shifted by each column of the kernel, of which the kernel's rows are parts, a row of
///   pixels apart: a third of the copies for 3×3 kernels;
/// - a copy for each tap where the stride is not 1.
final class PatchRows {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;

  private final ConvShape s;
  private final Stretches stretches;
  private final int firstTap;
  private final int firstChannel;
  private final int channels;

  /// Copies of a channel, and the rows of the kernel that share one.
  private final int copies;

  private final int shared;

  /// The distance between copies.
  private final int pitch;

  private final int[] rowAt;
  private float[] data = {};

  /// Prepares to read `n` taps from `tap`.
  PatchRows(ConvShape s, Stretches stretches, int tap, int n) {
    this.s = s;
    this.stretches = stretches;
    this.firstTap = tap;
    this.firstChannel = tap / s.window();
    this.channels = (tap + n - 1) / s.window() + 1 - firstChannel;
    this.shared = s.stride() == 1 ? s.kernelHeight() : 1;
    this.copies = s.window() / shared;
    this.pitch = Lanes.whole(stretches.longest() + stretches.gap() * s.outWidth()) + Lanes.COUNT;
    this.rowAt = new int[n];
  }

  /// Returns the array that the rows are in.
  float[] data() {
    return data;
  }

  /// Returns where the row of the `i`-th tap begins. What follows it up to a whole vector are
  /// numbers of the image, or zeros.
  int at(int i) {
    return rowAt[i];
  }

  /// Packs the rows that were read as [Packing#block] does.
  void pack(int pixels, float[] strips) {
    Packing.rows(data, rowAt, pixels, strips);
  }

  /// Reads a stretch of `x` (B, C, H, W).
  void read(float[] x, int xAt, Stretches.Stretch t) {
    int first = xAt + (t.b0() * s.channels() + firstChannel) * s.plane();
    boolean flat = s.window() == 1 && s.stride() == 1 && s.top() == 0 && s.left() == 0;
    if (flat && t.b1() - t.b0() == 1) {
      int at = first + t.r0() * s.width();
      if (at + (channels - 1) * s.plane() + Lanes.whole(stretches.length(t)) <= x.length) {
        data = x;
        for (int i = 0; i < rowAt.length; i++) {
          rowAt[i] = at + i * s.plane();
        }
        return;
      }
    }
    data = Scratch.floats(Scratch.Use.LEFT, channels * copies * pitch + Lanes.COUNT);
    for (int c = 0; c < channels; c++) {
      for (int copy = 0; copy < copies; copy++) {
        int to = (c * copies + copy) * pitch;
        int end = to + pitch;
        for (int b = 0; b < t.b1() - t.b0(); b++) {
          int from = first + (b * s.channels() + c) * s.plane();
          to = copy(x, from, copy, t.r0(), t.r1() + stretches.gap(), to);
        }
        Arrays.fill(data, to, end, 0); // whole vectors may reach there
      }
    }
    for (int i = 0; i < rowAt.length; i++) {
      int tap = firstTap + i;
      int kh = tap / s.kernelWidth() % s.kernelHeight();
      int copy = shared == 1 ? tap % s.window() : tap % s.kernelWidth();
      int row = shared == 1 ? 0 : kh;
      rowAt[i] = ((tap / s.window() - firstChannel) * copies + copy) * pitch + row * s.outWidth();
    }
  }

  /// Copies what the taps of a copy meet at rows `[r0, r1)` of a channel that begins at `from`, and
  /// returns where the copy ends.
  private int copy(float[] x, int from, int copy, int r0, int r1, int to) {
    int kh = shared == 1 ? copy / s.kernelWidth() : 0;
    int shift = copy % s.kernelWidth() - s.left();
    int width = s.outWidth();
    int r = r0;
    while (r < r1) {
      int at = to + (r - r0) * width;
      int y = r * s.stride() + kh - s.top();
      int line = from + y * s.width() + shift;
      // Rows that lie side by side are copied as one.
      boolean dense = s.stride() == 1 && y >= 0 && y < s.height() && line >= 0;
      int rows = dense && width == s.width() ? Math.min(r1 - r, s.height() - y) : 1;
      rows = Math.min(rows, (x.length - Lanes.COUNT - line) / width);
      if (y < 0 || y >= s.height()) {
        Arrays.fill(data, at, at + width, 0);
        r++;
      } else if (dense && rows > 0) {
        copyDense(x, line, rows, shift, at);
        r += rows;
      } else {
        for (int i = 0; i < width; i++) {
          int column = i * s.stride() + shift;
          data[at + i] = column >= 0 && column < s.width() ? x[line + i * s.stride()] : 0;
        }
        r++;
      }
    }
    return to + (r1 - r0) * width;
  }

  /// Copies rows from `line` on, 0 for columns outside the image. Whole vectors: what is too much
  /// is overwritten by the next row, or by the next copy.
  private void copyDense(float[] x, int line, int rows, int shift, int at) {
    int width = s.outWidth();
    float[] to = data;
    for (int i = 0; i < rows * width; i += Lanes.COUNT) {
      FloatVector.fromArray(LANES, x, line + i).intoArray(to, at + i);
    }
    int left = Math.min(-shift, width);
    int right = Math.max(0, s.width() - shift);
    for (int row = at; row < at + rows * width; row += width) {
      for (int i = 0; i < left; i++) {
        to[row + i] = 0;
      }
      for (int i = right; i < width; i++) {
        to[row + i] = 0;
      }
    }
  }
}
