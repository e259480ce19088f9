package smalti.tensor.simd;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.plain.Floats;

/// Pools and upsamples images (NCHW, contiguous), planes shared among threads. Each pixel of a
/// coarse image belongs to a block of `size × size` pixels of a fine one. The loops are plain: the
/// numbers of a block are not neighbours, and the time is that of memory.
public final class SimdPooling {
  private static final int WORTHWHILE = 32_768;

  private SimdPooling() {}

  /// Takes the maximum of each block; NaN wins.
  public static void maxPool2d(Tensor x, int kernel, Tensor out) {
    Planes planes = new Planes(x, kernel, out);
    float[] fine = Floats.array(x);
    float[] coarse = Floats.array(out);
    planes.forEachRow(
        (from, to) -> {
          for (int j = 0; j < planes.coarseWidth; j++) {
            float best = fine[from + j * kernel];
            for (int p = 0; p < kernel; p++) {
              int at = from + p * planes.fineWidth + j * kernel;
              for (int q = 0; q < kernel; q++) {
                best = Math.max(best, fine[at + q]);
              }
            }
            coarse[to + j] = best;
          }
        });
  }

  /// Sends each gradient to the first largest pixel of its block; NaN counts as largest.
  public static void maxPool2dGrad(Tensor x, Tensor dOut, int kernel, Tensor dx) {
    Planes planes = new Planes(x, kernel, dOut);
    float[] fine = Floats.array(x);
    float[] dCoarse = Floats.array(dOut);
    float[] dFine = Floats.array(dx);
    int shift = Floats.at(dx) - Floats.at(x);
    planes.clear(dx);
    planes.forEachRow(
        (from, to) -> {
          for (int j = 0; j < planes.coarseWidth; j++) {
            int best = from + j * kernel;
            for (int p = 0; p < kernel; p++) {
              int at = from + p * planes.fineWidth + j * kernel;
              for (int q = 0; q < kernel; q++) {
                if (isLarger(fine[at + q], fine[best])) {
                  best = at + q;
                }
              }
            }
            dFine[best + shift] = dCoarse[to + j];
          }
        });
  }

  private static boolean isLarger(float a, float b) {
    return a > b || a != a && b == b; // NaN is not equal to itself
  }

  /// Takes the mean of each block.
  public static void avgPool2d(Tensor x, int kernel, Tensor out) {
    sum(x, kernel, 1f / (kernel * kernel), out);
  }

  /// Spreads each gradient evenly over its block.
  public static void avgPool2dGrad(Tensor dOut, int kernel, Tensor dx) {
    spread(dOut, kernel, 1f / (kernel * kernel), dx);
  }

  /// Repeats each pixel `scale × scale` times.
  public static void upsampleNearest2d(Tensor x, int scale, Tensor out) {
    spread(x, scale, 1, out);
  }

  /// Sums the gradient over each block.
  public static void upsampleNearest2dGrad(Tensor dOut, int scale, Tensor dx) {
    sum(dOut, scale, 1, dx);
  }

  private static void sum(Tensor from, int size, float factor, Tensor out) {
    Planes planes = new Planes(from, size, out);
    float[] fine = Floats.array(from);
    float[] coarse = Floats.array(out);
    planes.forEachRow(
        (row, to) -> {
          for (int j = 0; j < planes.coarseWidth; j++) {
            float sum = 0;
            for (int p = 0; p < size; p++) {
              int at = row + p * planes.fineWidth + j * size;
              for (int q = 0; q < size; q++) {
                sum += fine[at + q];
              }
            }
            coarse[to + j] = factor * sum;
          }
        });
  }

  private static void spread(Tensor from, int size, float factor, Tensor out) {
    Planes planes = new Planes(out, size, from);
    float[] coarse = Floats.array(from);
    float[] fine = Floats.array(out);
    if (!planes.divide()) {
      planes.clear(out);
    }
    planes.forEachRow(
        (to, row) -> {
          int at = to;
          for (int j = 0; j < planes.coarseWidth; j++) {
            float value = factor * coarse[row + j];
            for (int q = 0; q < size; q++) {
              fine[at++] = value;
            }
          }
          for (int p = 1; p < size; p++) {
            System.arraycopy(fine, to, fine, to + p * planes.fineWidth, at - to);
          }
        });
  }

  /// Is a pair of a fine and a coarse batch of images.
  private static final class Planes {
    private final int count;
    private final int size;
    private final int fineAt;
    private final int coarseAt;
    private final int fineHeight;
    private final int coarseHeight;
    final int fineWidth;
    final int coarseWidth;

    Planes(Tensor fine, int size, Tensor coarse) {
      this.count = fine.dim(0) * fine.dim(1);
      this.size = size;
      this.fineAt = Floats.at(fine);
      this.coarseAt = Floats.at(coarse);
      this.fineHeight = fine.dim(2);
      this.coarseHeight = coarse.dim(2);
      this.fineWidth = fine.dim(3);
      this.coarseWidth = coarse.dim(3);
    }

    /// Returns whether the blocks cover the fine images.
    boolean divide() {
      return coarseHeight * size == fineHeight && coarseWidth * size == fineWidth;
    }

    void clear(Tensor fine) {
      int at = Floats.at(fine);
      Arrays.fill(Floats.array(fine), at, at + fine.elements(), 0);
    }

    /// Does a row of blocks, given the places of its first pixels.
    interface Row {
      void at(int fine, int coarse);
    }

    void forEachRow(Row body) {
      Parallel.range(
          count * coarseHeight,
          Math.max(1, WORTHWHILE / Math.max(1, size * fineWidth)),
          (start, end) -> {
            for (int i = start; i < end; i++) {
              int fineRow = i / coarseHeight * fineHeight + i % coarseHeight * size;
              body.at(fineAt + fineRow * fineWidth, coarseAt + i * coarseWidth);
            }
          });
    }
  }
}
