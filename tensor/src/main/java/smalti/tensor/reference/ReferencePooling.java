package smalti.tensor.reference;

import smalti.tensor.Tensor;

/// Defines pooling and upsampling. Both relate a coarse image to a fine one, each coarse pixel to a
/// block of `size × size` fine pixels; fine rows and columns beyond the last whole block are
/// dropped.
final class ReferencePooling {
  private ReferencePooling() {}

  static void maxPool2d(Tensor x, int kernel, Tensor out) {
    Blocks blocks = Blocks.of(x, kernel, out);
    Elements xs = Elements.of(x);
    Elements to = Elements.of(out);
    for (int i = 0; i < out.elements(); i++) {
      to.set(i, xs.get(blocks.largest(xs, i)));
    }
  }

  static void maxPool2dGrad(Tensor x, Tensor dOut, int kernel, Tensor dx) {
    Blocks blocks = Blocks.of(x, kernel, dOut);
    Elements xs = Elements.of(x);
    Elements dOuts = Elements.of(dOut);
    Elements dxs = Elements.of(dx);
    ReferenceElementwise.fill(0, dx);
    for (int i = 0; i < dOut.elements(); i++) {
      dxs.set(blocks.largest(xs, i), dOuts.get(i));
    }
  }

  static void avgPool2d(Tensor x, int kernel, Tensor out) {
    blockSums(x, kernel, 1.0 / (kernel * kernel), out);
  }

  static void avgPool2dGrad(Tensor dOut, int kernel, Tensor dx) {
    spread(dOut, kernel, 1.0 / (kernel * kernel), dx);
  }

  static void upsampleNearest2d(Tensor x, int scale, Tensor out) {
    spread(x, scale, 1, out);
  }

  static void upsampleNearest2dGrad(Tensor dOut, int scale, Tensor dx) {
    blockSums(dOut, scale, 1, dx);
  }

  /// Sets each coarse pixel to the sum of its block, times a factor.
  private static void blockSums(Tensor fine, int size, double factor, Tensor coarse) {
    Blocks blocks = Blocks.of(fine, size, coarse);
    Elements from = Elements.of(fine);
    Elements to = Elements.of(coarse);
    for (int i = 0; i < coarse.elements(); i++) {
      double sum = 0;
      for (int p = 0; p < size; p++) {
        for (int q = 0; q < size; q++) {
          sum += from.get(blocks.fine(i, p, q));
        }
      }
      to.set(i, factor * sum);
    }
  }

  /// Sets each fine pixel to its coarse pixel times a factor; those outside all blocks to 0.
  private static void spread(Tensor coarse, int size, double factor, Tensor fine) {
    Blocks blocks = Blocks.of(fine, size, coarse);
    Elements from = Elements.of(coarse);
    Elements to = Elements.of(fine);
    ReferenceElementwise.fill(0, fine);
    for (int i = 0; i < coarse.elements(); i++) {
      for (int p = 0; p < size; p++) {
        for (int q = 0; q < size; q++) {
          to.set(blocks.fine(i, p, q), factor * from.get(i));
        }
      }
    }
  }

  /// Finds the fine pixels of a coarse pixel.
  private record Blocks(
      int size, int coarseHeight, int coarseWidth, int fineHeight, int fineWidth) {

    static Blocks of(Tensor fine, int size, Tensor coarse) {
      assert coarse.dim(2) * size <= fine.dim(2) && coarse.dim(3) * size <= fine.dim(3);
      return new Blocks(size, coarse.dim(2), coarse.dim(3), fine.dim(2), fine.dim(3));
    }

    /// Returns the fine pixel `(p, q)` of the block of a coarse pixel; both are row-major indices.
    int fine(int coarse, int p, int q) {
      int j = coarse % coarseWidth;
      int i = coarse / coarseWidth % coarseHeight;
      int plane = coarse / (coarseWidth * coarseHeight); // image and channel
      return (plane * fineHeight + i * size + p) * fineWidth + j * size + q;
    }

    /// Returns the index of the first largest fine pixel of a block; NaN counts as largest.
    int largest(Elements fine, int coarse) {
      int best = fine(coarse, 0, 0);
      for (int p = 0; p < size; p++) {
        for (int q = 0; q < size; q++) {
          int candidate = fine(coarse, p, q);
          if (ReferenceReduction.isLarger(fine.get(candidate), fine.get(best))) {
            best = candidate;
          }
        }
      }
      return best;
    }
  }
}
