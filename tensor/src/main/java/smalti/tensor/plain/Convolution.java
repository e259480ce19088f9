package smalti.tensor.plain;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.plain.Scratch.Slot;

/// Does convolution as matrix products with the unfolded image, an image at a time: column `(y, x)`
/// of the unfolded image has the `C·KH·KW` input pixels that output pixel `(y, x)` sees
/// (Chellapilla et al. 2006).
final class Convolution {
  private static final int GROUPS = 8;
  private final ElementLoops elements;
  private final MatrixLoops matrices;

  Convolution(ElementLoops elements, MatrixLoops matrices) {
    this.elements = elements;
    this.matrices = matrices;
  }

  /// Holds the sizes: of one image, of the weight, and of one output.
  private record Sizes(
      int images,
      int channels,
      int height,
      int width,
      int filters,
      int kernelHeight,
      int kernelWidth,
      int stride,
      int padding,
      int outHeight,
      int outWidth) {
    static Sizes of(Tensor x, Tensor weight, int stride, int padding, Tensor out) {
      return new Sizes(
          x.dim(0),
          x.dim(1),
          x.dim(2),
          x.dim(3),
          weight.dim(0),
          weight.dim(2),
          weight.dim(3),
          stride,
          padding,
          out.dim(2),
          out.dim(3));
    }

    /// Returns the number of pixels of one input image, over all channels.
    int in() {
      return channels * height * width;
    }

    /// Returns the number of weights of one filter.
    int taps() {
      return channels * kernelHeight * kernelWidth;
    }

    /// Returns the number of pixels of one output channel.
    int pixels() {
      return outHeight * outWidth;
    }
  }

  void conv2d(Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out) {
    Sizes s = Sizes.of(x, weight, stride, padding, out);
    float[] o = Floats.array(out);
    int n = s.pixels();
    Parallel.range(
        s.images,
        1,
        (start, end) -> {
          float[] patches = Scratch.floats(Slot.PATCHES, s.taps() * n);
          for (int b = start; b < end; b++) {
            unfold(s, Floats.array(x), Floats.at(x) + b * s.in(), patches);
            int outAt = Floats.at(out) + b * s.filters * n;
            float[] w = Floats.array(weight);
            int wAt = Floats.at(weight);
            int taps = s.taps();
            matrices.matmul(
                w, wAt, taps, 1, patches, 0, n, 1, o, outAt, n, s.filters, n, taps, false);
            for (int f = 0; bias != null && f < s.filters; f++) {
              float shift = Floats.array(bias)[Floats.at(bias) + f];
              elements.affine(o, outAt + f * n, 1, shift, o, outAt + f * n, n);
            }
          }
        });
  }

  void gradInput(Tensor dOut, Tensor weight, int stride, int padding, Tensor dx) {
    Sizes s = Sizes.of(dx, weight, stride, padding, dOut);
    int n = s.pixels();
    int taps = s.taps();
    Parallel.range(
        s.images,
        1,
        (start, end) -> {
          float[] patches = Scratch.floats(Slot.PATCHES, taps * n);
          for (int b = start; b < end; b++) {
            float[] w = Floats.array(weight);
            float[] d = Floats.array(dOut);
            int wAt = Floats.at(weight);
            int dAt = Floats.at(dOut) + b * s.filters * n;
            matrices.matmul( // patches = weightᵀ·dOut
                w, wAt, 1, taps, d, dAt, n, 1, patches, 0, n, taps, n, s.filters, false);
            fold(s, patches, Floats.array(dx), Floats.at(dx) + b * s.in());
          }
        });
  }

  /// Sums over the images of at most [#GROUPS] groups, then over the groups in order.
  void gradWeight(Tensor x, Tensor dOut, int stride, int padding, Tensor dWeight) {
    Sizes s = Sizes.of(x, dWeight, stride, padding, dOut);
    int n = s.pixels();
    int taps = s.taps();
    int group = Math.max(1, (s.images + GROUPS - 1) / GROUPS);
    int groups = (s.images + group - 1) / group;
    float[][] sums = new float[groups][dWeight.elements()];
    Parallel.range(
        s.images,
        group,
        (start, end) -> {
          float[] patches = Scratch.floats(Slot.PATCHES, taps * n);
          float[] sum = sums[start / group];
          for (int b = start; b < end; b++) {
            unfold(s, Floats.array(x), Floats.at(x) + b * s.in(), patches);
            float[] d = Floats.array(dOut);
            int dAt = Floats.at(dOut) + b * s.filters * n;
            matrices.matmul( // sum += dOut·patchesᵀ
                d, dAt, n, 1, patches, 0, 1, n, sum, 0, taps, s.filters, taps, n, true);
          }
        });
    float[] out = Floats.array(dWeight);
    int outAt = Floats.at(dWeight);
    Arrays.fill(out, outAt, outAt + dWeight.elements(), 0);
    for (float[] sum : sums) {
      elements.binary(BinaryOp.ADD, out, outAt, sum, 0, out, outAt, sum.length);
    }
  }

  /// Writes the unfolded image: (taps, pixels), 0 where a tap meets the padding.
  private static void unfold(Sizes s, float[] x, int at, float[] patches) {
    int to = 0;
    for (int tap = 0; tap < s.taps(); tap++) {
      int c = tap / (s.kernelHeight * s.kernelWidth);
      int dy = tap / s.kernelWidth % s.kernelHeight - s.padding;
      int dx = tap % s.kernelWidth - s.padding;
      for (int oy = 0; oy < s.outHeight; oy++) {
        int y = oy * s.stride + dy;
        if (y < 0 || y >= s.height) {
          Arrays.fill(patches, to, to + s.outWidth, 0);
          to += s.outWidth;
          continue;
        }
        int row = at + (c * s.height + y) * s.width;
        for (int ox = 0; ox < s.outWidth; ox++) {
          int column = ox * s.stride + dx;
          patches[to++] = column < 0 || column >= s.width ? 0 : x[row + column];
        }
      }
    }
  }

  /// Adds up what [#unfold] copied from each pixel.
  private static void fold(Sizes s, float[] patches, float[] x, int at) {
    Arrays.fill(x, at, at + s.in(), 0);
    int from = 0;
    for (int tap = 0; tap < s.taps(); tap++) {
      int c = tap / (s.kernelHeight * s.kernelWidth);
      int dy = tap / s.kernelWidth % s.kernelHeight - s.padding;
      int dx = tap % s.kernelWidth - s.padding;
      for (int oy = 0; oy < s.outHeight; oy++) {
        int y = oy * s.stride + dy;
        int row = at + (c * s.height + y) * s.width;
        for (int ox = 0; ox < s.outWidth; ox++, from++) {
          int column = ox * s.stride + dx;
          if (y >= 0 && y < s.height && column >= 0 && column < s.width) {
            x[row + column] += patches[from];
          }
        }
      }
    }
  }
}
