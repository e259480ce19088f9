package smalti.tensor.plain;

import smalti.tensor.Parallel;
import smalti.tensor.Tensor;

/// Pools and upsamples images (NCHW), plane by plane. A fine image of `h·size + rest` rows and
/// `w·size + rest` columns has a coarse one of `h` by `w`. The loops here are for any size;
/// [Halving] does the same for blocks of two by two.
final class Pooling {
  private static final int PIXELS_A_PIECE = 1 << 14;

  private Pooling() {}

  /// Does one plane of each of two images.
  @FunctionalInterface
  private interface Plane {
    void run(int fineAt, int coarseAt);
  }

  private static void planes(Tensor fine, Tensor coarse, Plane plane) {
    int finePixels = fine.dim(-2) * fine.dim(-1);
    int coarsePixels = coarse.dim(-2) * coarse.dim(-1);
    int count = fine.dim(0) * fine.dim(1);
    int fineAt = Floats.at(fine);
    int coarseAt = Floats.at(coarse);
    Parallel.range(
        count,
        Math.max(1, PIXELS_A_PIECE / Math.max(1, finePixels)),
        (start, end) -> {
          for (int p = start; p < end; p++) {
            plane.run(fineAt + p * finePixels, coarseAt + p * coarsePixels);
          }
        });
  }

  static void maxPool2d(Tensor x, int size, Tensor out) {
    float[] from = Floats.array(x);
    float[] to = Floats.array(out);
    int wide = x.dim(-1);
    int h = out.dim(-2);
    int w = out.dim(-1);
    planes(
        x,
        out,
        (fineAt, coarseAt) -> {
          if (size == 2) {
            Halving.max(from, fineAt, wide, to, coarseAt, h, w);
            return;
          }
          for (int i = 0; i < h; i++) {
            for (int j = 0; j < w; j++) {
              int corner = fineAt + i * size * wide + j * size;
              float most = from[corner];
              for (int p = 0; p < size; p++) {
                for (int q = 0; q < size; q++) {
                  most = Math.max(most, from[corner + p * wide + q]);
                }
              }
              to[coarseAt + i * w + j] = most;
            }
          }
        });
  }

  static void maxPool2dGrad(Tensor x, Tensor dOut, int size, Tensor dx) {
    float[] from = Floats.array(x);
    float[] gradient = Floats.array(dOut);
    float[] to = Floats.array(dx);
    int shift = Floats.at(x) - Floats.at(dx);
    int wide = x.dim(-1);
    int pixels = x.dim(-2) * wide;
    int h = dOut.dim(-2);
    int w = dOut.dim(-1);
    planes(
        dx,
        dOut,
        (fineAt, coarseAt) -> {
          if (size == 2 && 4 * h * w == pixels) {
            Halving.maxGrad(from, shift + fineAt, wide, gradient, coarseAt, h, w, to, fineAt);
            return;
          }
          java.util.Arrays.fill(to, fineAt, fineAt + pixels, 0);
          for (int i = 0; i < h; i++) {
            for (int j = 0; j < w; j++) {
              int place = largest(from, shift + fineAt + i * size * wide + j * size, size, wide);
              to[place - shift] = gradient[coarseAt + i * w + j];
            }
          }
        });
  }

  /// Returns the place of the first largest number of a block; NaN is larger than any.
  private static int largest(float[] from, int corner, int size, int wide) {
    int best = corner;
    float most = from[corner];
    for (int p = 0; p < size; p++) {
      for (int q = 0; q < size; q++) {
        float v = from[corner + p * wide + q];
        if (v > most || Float.isNaN(v) && !Float.isNaN(most)) {
          most = v;
          best = corner + p * wide + q;
        }
      }
    }
    return best;
  }

  /// Sets each coarse pixel to the sum of its block, times a factor.
  static void blockSums(Tensor fine, int size, float factor, Tensor coarse) {
    float[] from = Floats.array(fine);
    float[] to = Floats.array(coarse);
    int wide = fine.dim(-1);
    int h = coarse.dim(-2);
    int w = coarse.dim(-1);
    planes(
        fine,
        coarse,
        (fineAt, coarseAt) -> {
          if (size == 2) {
            Halving.sums(from, fineAt, wide, factor, to, coarseAt, h, w);
            return;
          }
          for (int i = 0; i < h; i++) {
            for (int j = 0; j < w; j++) {
              int corner = fineAt + i * size * wide + j * size;
              float sum = 0;
              for (int p = 0; p < size; p++) {
                for (int q = 0; q < size; q++) {
                  sum += from[corner + p * wide + q];
                }
              }
              to[coarseAt + i * w + j] = factor * sum;
            }
          }
        });
  }

  /// Sets each fine pixel to its coarse pixel times a factor; pixels outside all blocks to 0.
  static void spread(Tensor coarse, int size, float factor, Tensor fine) {
    float[] from = Floats.array(coarse);
    float[] to = Floats.array(fine);
    int wide = fine.dim(-1);
    int pixels = fine.dim(-2) * wide;
    int h = coarse.dim(-2);
    int w = coarse.dim(-1);
    boolean rest = h * size * w * size != pixels;
    planes(
        fine,
        coarse,
        (fineAt, coarseAt) -> {
          if (rest) {
            java.util.Arrays.fill(to, fineAt, fineAt + pixels, 0);
          }
          for (int i = 0; i < h; i++) {
            int row = fineAt + i * size * wide;
            for (int j = 0; j < w; j++) {
              float v = factor * from[coarseAt + i * w + j];
              for (int q = 0; q < size; q++) {
                to[row + j * size + q] = v;
              }
            }
            for (int p = 1; p < size; p++) {
              System.arraycopy(to, row, to, row + p * wide, w * size);
            }
          }
        });
  }
}
