package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// Reads the input of a convolution as the matrix that the convolution multiplies ("im2col"): row
/// `(c, kh, kw)`, one for each tap, holds the numbers that this tap meets at each output pixel
/// `(image, row, column)`. The matrix is never stored as a whole; parts of it are copied straight
/// to where [Tile] reads them.
///
/// An instance covers some images, channels and output rows. Its region of the input is first
/// copied with its padding, unless there is none. Then each tap's row is made of runs of
/// neighbouring numbers, the same runs for every tap but for a constant distance.
final class Patches {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;

  private final float[] data;
  private final int[] distances;
  private final int at;
  private final int imageStride;
  private final int rowStride;
  private final int stride;
  private final int images;
  private final int rows;
  private final int columns;
  private final int[] runFrom;
  private final int[] runTo;
  private final int[] runLength;
  private int runs;

  private Patches(
      ConvShape s,
      int images,
      int channels,
      int rows,
      float[] data,
      int at,
      int[] strides,
      int longest) {
    this.images = images;
    this.data = data;
    this.at = at;
    this.imageStride = strides[0];
    this.rowStride = strides[2];
    this.stride = s.stride();
    this.rows = rows;
    this.columns = s.outWidth();
    this.distances = new int[channels * s.window()];
    for (int tap = 0; tap < distances.length; tap++) {
      int kw = tap % s.kernelWidth();
      int kh = tap / s.kernelWidth() % s.kernelHeight();
      distances[tap] = tap / s.window() * strides[1] + kh * strides[2] + kw;
    }
    this.runFrom = new int[longest];
    this.runTo = new int[longest];
    this.runLength = new int[longest];
  }

  /// Reads images `[b0, b1)`, channels `[c0, c1)` and what output rows `[r0, r1)` need of them.
  ///
  /// @param longest the most pixels that will be selected at a time
  static Patches of(
      ConvShape s,
      float[] x,
      int xAt,
      int b0,
      int b1,
      int c0,
      int c1,
      int r0,
      int r1,
      int longest) {
    int channels = c1 - c0;
    int imageStride = s.channels() * s.plane();
    int first = xAt + b0 * imageStride + c0 * s.plane();
    int end = xAt + (b1 - 1) * imageStride + c1 * s.plane();
    boolean padded = s.top() != 0 || s.left() != 0;
    if (!padded && end + Lanes.COUNT <= x.length) { // copies may read a vector too far
      int[] strides = {imageStride, s.plane(), s.width()};
      int at = first + r0 * s.stride() * s.width();
      return new Patches(s, b1 - b0, channels, r1 - r0, x, at, strides, longest);
    }
    int height = (r1 - r0 - 1) * s.stride() + s.kernelHeight();
    int width = (s.outWidth() - 1) * s.stride() + s.kernelWidth();
    int[] strides = {channels * height * width, height * width, width};
    int size = (b1 - b0) * strides[0];
    float[] region = Scratch.floats(Scratch.Use.PATCHES, size + Lanes.COUNT);
    for (int b = 0; b < b1 - b0; b++) {
      for (int c = 0; c < channels; c++) {
        int from = first + b * imageStride + c * s.plane();
        int to = b * strides[0] + c * strides[1];
        copyPadded(s, x, from, r0 * s.stride() - s.top(), region, to, height, width);
      }
    }
    return new Patches(s, b1 - b0, channels, r1 - r0, region, 0, strides, longest);
  }

  /// Copies part of a channel, from row `y0`, to `height × width` numbers; 0 outside the image.
  private static void copyPadded(
      ConvShape s, float[] x, int from, int y0, float[] region, int to, int height, int width) {
    int left = Math.clamp(s.left(), 0, width);
    int right = Math.clamp(s.width() + s.left(), left, width);
    for (int row = 0; row < height; row++) {
      int y = y0 + row;
      int at = to + row * width;
      if (y < 0 || y >= s.height()) {
        Arrays.fill(region, at, at + width, 0);
        continue;
      }
      for (int i = 0; i < left; i++) {
        region[at + i] = 0;
      }
      copyLine(x, from + y * s.width() + left - s.left(), region, at + left, right - left);
      for (int i = right; i < width; i++) {
        region[at + i] = 0;
      }
    }
  }

  /// Copies neighbouring numbers; for the few dozen of a line a call would take longer.
  private static void copyLine(float[] from, int at, float[] to, int toAt, int n) {
    int i = 0;
    for (; i <= n - Lanes.COUNT; i += Lanes.COUNT) {
      FloatVector.fromArray(LANES, from, at + i).intoArray(to, toAt + i);
    }
    for (; i < n; i++) {
      to[toAt + i] = from[at + i];
    }
  }

  /// Selects `n` output pixels, from number `pixel` of those that this instance covers.
  void select(int pixel, int n) {
    runs = 0;
    int next = -1;
    int column = pixel % columns;
    int row = pixel / columns;
    int image = Math.min(row / rows, images - 1);
    row -= image * rows;
    for (int done = 0; done < n; ) {
      int length = Math.min(columns - column, n - done);
      int from = at + image * imageStride + row * stride * rowStride + column * stride;
      if (from == next) {
        runLength[runs - 1] += length;
      } else {
        runFrom[runs] = from;
        runTo[runs] = done;
        runLength[runs] = length;
        runs++;
      }
      next = stride == 1 ? from + length : -1;
      done += length;
      column = 0;
      if (++row == rows && image < images - 1) {
        row = 0;
        image++;
      }
    }
  }

  /// Returns whether the selected pixels are the [Tile#COLUMNS] of a tile and each of its vectors
  /// is a part of the image as it lies.
  boolean inPlace() {
    int vectors = 0;
    for (int run = 0; run < runs; run++) {
      if (runLength[run] % Lanes.COUNT != 0) {
        return false;
      }
      vectors += runLength[run] / Lanes.COUNT;
    }
    return vectors == 2 && stride == 1;
  }

  /// Computes what [Tile#multiplyRows] does with the selected pixels, which are [#inPlace].
  ///
  /// @param tap the first of `depth` taps
  void multiplyRows(
      float[] block,
      int blockAt,
      int rows,
      int tap,
      int depth,
      float @Nullable [] start,
      int startAt,
      Matrix c,
      @Nullable Matrix base) {
    Tile.multiplyInPlace(
        block,
        blockAt,
        rows,
        data,
        runFrom[0],
        right(),
        distances,
        tap,
        depth,
        start,
        startAt,
        c,
        base);
  }

  /// Copies what taps `[tap, tap + n)` meet at the selected pixels to rows of `out`, `pitch` apart.
  /// Up to a vector beyond each row is overwritten.
  void copy(int tap, int n, float[] out, int outAt, int pitch) {
    if (inPlace()) {
      copyTwoVectors(tap, n, runFrom[0], right(), out, outAt, pitch);
      return;
    }
    for (int i = 0; i < n; i++) {
      if (stride == 1) {
        copyRow(distances[tap + i], out, outAt + i * pitch);
      } else {
        copyStrided(distances[tap + i], out, outAt + i * pitch);
      }
    }
  }

  private void copyTwoVectors(
      int tap, int n, int left, int right, float[] out, int outAt, int pitch) {
    for (int i = 0; i < n; i++) {
      int distance = distances[tap + i];
      int to = outAt + i * pitch;
      FloatVector.fromArray(LANES, data, left + distance).intoArray(out, to);
      FloatVector.fromArray(LANES, data, right + distance).intoArray(out, to + Lanes.COUNT);
    }
  }

  /// Returns where the second of two vectors of pixels is.
  private int right() {
    return runs == 2 ? runFrom[1] : runFrom[0] + Lanes.COUNT;
  }

  private void copyRow(int distance, float[] out, int outAt) {
    for (int run = 0; run < runs; run++) {
      int from = runFrom[run] + distance;
      int to = outAt + runTo[run];
      // Whole vectors: what is too much is overwritten by the next run.
      for (int i = 0; i < runLength[run]; i += Lanes.COUNT) {
        FloatVector.fromArray(LANES, data, from + i).intoArray(out, to + i);
      }
    }
  }

  private void copyStrided(int distance, float[] out, int outAt) {
    for (int run = 0; run < runs; run++) {
      int from = runFrom[run] + distance;
      int to = outAt + runTo[run];
      for (int i = 0; i < runLength[run]; i++) {
        out[to + i] = data[from + i * stride];
      }
    }
  }
}
