package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.FLOATS;
import static smalti.tensor.simd.Lanes.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.plain.Floats;
import smalti.tensor.plain.Halving;

/// Does what pooling and upsampling by two do to whole planes, two rows of fine pixels and one of
/// coarse ones at a time. All tensors are contiguous and no pixel is left over, so the planes are
/// one column of such rows.
final class SimdHalving {
  /// Fine pixels that a thread does at a time, about.
  private static final int PIECE = 1 << 14;

  private static final VectorShuffle<Float> NEIGHBOURS = Lanes.exchange(1);
  private static final VectorShuffle<Float> FIRST_TWICE = VectorShuffle.fromOp(FLOATS, i -> i / 2);
  private static final VectorShuffle<Float> LAST_TWICE =
      VectorShuffle.fromOp(FLOATS, i -> (COUNT + i) / 2);
  private static final VectorMask<Float> RIGHT = Lanes.latter(1);

  private SimdHalving() {}

  /// Returns whether blocks of `size` by `size` are two by two, and rows of the coarse planes whole
  /// vectors.
  static boolean suits(Tensor fine, Tensor coarse, int size) {
    return size == 2
        && coarse.dim(-1) % COUNT == 0
        && fine.dim(-1) == 2 * coarse.dim(-1)
        && fine.dim(-2) == 2 * coarse.dim(-2);
  }

  /// Does a row of coarse pixels and two of fine ones, given where they begin.
  @FunctionalInterface
  private interface Row {
    void run(int upper, int coarse);
  }

  private static void rows(Tensor fine, Tensor coarse, Row row) {
    int w = coarse.dim(-1);
    int fineAt = Floats.at(fine);
    int coarseAt = Floats.at(coarse);
    Parallel.range(
        w == 0 ? 0 : coarse.elements() / w,
        Math.max(1, PIECE / Math.max(1, 4 * w)),
        (start, end) -> {
          for (int i = start; i < end; i++) {
            row.run(fineAt + i * 4 * w, coarseAt + i * w);
          }
        });
  }

  /// Sets the first largest pixel of each block to the gradient of its coarse pixel, the others to
  /// 0. NaN is larger than any.
  static void maxGrad(Tensor x, Tensor dOut, Tensor dx) {
    float[] fine = Floats.array(x);
    float[] gradient = Floats.array(dOut);
    float[] to = Floats.array(dx);
    int shift = Floats.at(dx) - Floats.at(x);
    int w = dOut.dim(-1);
    rows(
        x,
        dOut,
        (upper, coarse) -> {
          for (int j = 0; j < w; j += COUNT) {
            int at = upper + 2 * j;
            FloatVector g = load(gradient, coarse + j);
            boolean isNumber = blocks(fine, at, 2 * w, g.rearrange(FIRST_TWICE), to, shift + at);
            at += COUNT;
            isNumber &= blocks(fine, at, 2 * w, g.rearrange(LAST_TWICE), to, shift + at);
            if (!isNumber) {
              at -= COUNT;
              Halving.maxGrad(fine, at, 2 * w, gradient, coarse + j, 1, COUNT, to, shift + at);
            }
          }
        });
  }

  /// Does a vector of upper and one of lower pixels and returns whether all are numbers; where they
  /// are not, wrongly. Where a pixel on the left is as large as that on the right, or one above as
  /// one below, the former is first.
  private static boolean blocks(
      float[] fine, int upper, int wide, FloatVector gradient, float[] to, int toAt) {
    FloatVector x = FloatVector.fromArray(FLOATS, fine, upper);
    FloatVector y = FloatVector.fromArray(FLOATS, fine, upper + wide);
    FloatVector besideX = x.rearrange(NEIGHBOURS);
    FloatVector besideY = y.rearrange(NEIGHBOURS);
    FloatVector above = x.max(besideX);
    FloatVector most = above.max(y.max(besideY));
    VectorMask<Float> firstX = x.eq(most).andNot(besideX.eq(most).and(RIGHT));
    VectorMask<Float> firstY =
        y.eq(most).andNot(besideY.eq(most).and(RIGHT)).andNot(above.eq(most));
    FloatVector zero = FloatVector.zero(FLOATS);
    zero.blend(gradient, firstX).intoArray(to, toAt);
    zero.blend(gradient, firstY).intoArray(to, toAt + wide);
    return most.eq(most).allTrue();
  }

  /// Sets each fine pixel to its coarse pixel times a factor.
  static void spread(Tensor coarse, float factor, Tensor fine) {
    float[] from = Floats.array(coarse);
    float[] to = Floats.array(fine);
    int w = coarse.dim(-1);
    rows(
        fine,
        coarse,
        (upper, coarseAt) -> {
          for (int j = 0; j < w; j += COUNT) {
            int at = upper + 2 * j;
            FloatVector v = load(from, coarseAt + j).mul(factor);
            FloatVector first = v.rearrange(FIRST_TWICE);
            FloatVector last = v.rearrange(LAST_TWICE);
            first.intoArray(to, at);
            last.intoArray(to, at + COUNT);
            first.intoArray(to, at + 2 * w);
            last.intoArray(to, at + 2 * w + COUNT);
          }
        });
  }
}
