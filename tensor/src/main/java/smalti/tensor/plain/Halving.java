package smalti.tensor.plain;

/// Does what [Pooling] does for blocks of two by two pixels, the dVAE's, without loops inside a
/// block and without branches: on the largest of four numbers a processor guesses wrongly half of
/// the time. `h` and `w` are the sides of the coarse plane.
public final class Halving {
  private Halving() {}

  /// Sets each coarse pixel to the largest of its block.
  static void max(float[] fine, int fineAt, int wide, float[] coarse, int coarseAt, int h, int w) {
    for (int i = 0; i < h; i++) {
      int upper = fineAt + 2 * i * wide;
      int lower = upper + wide;
      for (int j = 0; j < w; j++) {
        coarse[coarseAt + i * w + j] =
            Math.max(
                Math.max(fine[upper + 2 * j], fine[upper + 2 * j + 1]),
                Math.max(fine[lower + 2 * j], fine[lower + 2 * j + 1]));
      }
    }
  }

  /// Sets the first largest pixel of each block to the gradient of its coarse pixel, the others to
  /// 0. NaN is larger than any.
  public static void maxGrad(
      float[] fine,
      int fineAt,
      int wide,
      float[] gradient,
      int gradientAt,
      int h,
      int w,
      float[] to,
      int toAt) {
    for (int i = 0; i < h; i++) {
      int upper = fineAt + 2 * i * wide;
      int lower = upper + wide;
      int shift = toAt - fineAt;
      for (int j = 0; j < w; j++) {
        float a = fine[upper + 2 * j];
        float b = fine[upper + 2 * j + 1];
        float c = fine[lower + 2 * j];
        float d = fine[lower + 2 * j + 1];
        float most = Math.max(Math.max(a, b), Math.max(c, d));
        int isA = is(a, most);
        int isB = is(b, most) & ~isA;
        int isC = is(c, most) & ~(isA | isB);
        int isD = ~(isA | isB | isC);
        int bits = Float.floatToRawIntBits(gradient[gradientAt + i * w + j]);
        to[shift + upper + 2 * j] = Float.intBitsToFloat(bits & isA);
        to[shift + upper + 2 * j + 1] = Float.intBitsToFloat(bits & isB);
        to[shift + lower + 2 * j] = Float.intBitsToFloat(bits & isC);
        to[shift + lower + 2 * j + 1] = Float.intBitsToFloat(bits & isD);
      }
    }
  }

  /// Returns all ones where a number is the largest or NaN, else 0.
  private static int is(float v, float most) {
    return v == most || Float.isNaN(v) ? -1 : 0;
  }

  /// Sets each coarse pixel to the sum of its block, times a factor.
  static void sums(
      float[] fine,
      int fineAt,
      int wide,
      float factor,
      float[] coarse,
      int coarseAt,
      int h,
      int w) {
    for (int i = 0; i < h; i++) {
      int upper = fineAt + 2 * i * wide;
      int lower = upper + wide;
      for (int j = 0; j < w; j++) {
        float sum = fine[upper + 2 * j] + fine[upper + 2 * j + 1];
        sum = sum + fine[lower + 2 * j] + fine[lower + 2 * j + 1];
        coarse[coarseAt + i * w + j] = factor * sum;
      }
    }
  }
}
