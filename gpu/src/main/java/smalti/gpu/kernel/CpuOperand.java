package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Brings rows of attention's operands into the arrays of a thread, for the products of [CpuTile].
/// Rows are positions, named by the words that begin at `order`; what they do not fill is 0.
final class CpuOperand {
  private CpuOperand() {}

  /// Fills columns of (width, 64) with `n` rows times a factor; the width is rounded up to 16.
  static void columns(
      FloatArray heap,
      IntArray program,
      int order,
      int n,
      int head,
      int stride,
      int width,
      float factor,
      float[] to) {
    int depth = (width + 15) / 16 * 16;
    CpuTile.clear(to, depth);
    for (int i = 0; i < n; i++) {
      int at = head + program.get(order + i) * stride;
      for (int d = 0; d < width; d++) {
        to[d * 64 + i] = heap.get(at + d) * factor;
      }
    }
  }

  /// Fills (16, 16) with `n` rows of at most 16 numbers.
  static void rows(
      FloatArray heap,
      IntArray program,
      int order,
      int n,
      int head,
      int stride,
      int width,
      float[] to) {
    int depth = CpuTile.smaller(width, 16);
    if (n * depth < 256) {
      for (int e = 0; e < 256; e++) {
        to[e] = 0f;
      }
    }
    for (int j = 0; j < n; j++) {
      int at = head + program.get(order + j) * stride;
      for (int d = 0; d < depth; d++) {
        to[j * 16 + d] = heap.get(at + d);
      }
    }
  }

  /// Fills columns of (width, 16) with `n` rows. Returns 0, or NaN if a number is not finite.
  static float turned(
      FloatArray heap,
      IntArray program,
      int order,
      int n,
      int head,
      int stride,
      int width,
      float[] to) {
    float zero = 0f;
    for (int j = n; j < 16; j++) {
      for (int d = 0; d < width; d++) {
        to[d * 16 + j] = 0f;
      }
    }
    for (int j = 0; j < n; j++) {
      int at = head + program.get(order + j) * stride;
      for (int d = 0; d < width; d++) {
        float v = heap.get(at + d);
        to[d * 16 + j] = v;
        zero += v * 0f;
      }
    }
    return zero;
  }

  /// Returns the bit of a mask as a condition's number.
  static int bit(int mask, int j) {
    return (mask >> j) & 1;
  }

  /// Adds (width, 16)·(16, 64) to (width, 64). What is hidden has the factor 0, which does for
  /// finite numbers; where there are others it is passed over.
  ///
  /// @param zero 0 if all of the first operand is finite
  /// @param seen masks of the columns
  static void add(
      float[] as, float[] bs, float[] to, int[] seen, float zero, int width, int columns) {
    if (zero == 0f) {
      CpuTile.multiply(as, bs, 0, to, width, columns);
    } else {
      for (int d = 0; d < width; d++) {
        for (int j = 0; j < 16; j++) {
          for (int i = 0; i < columns; i++) {
            if (bit(seen[i], j) == 1) {
              to[d * 64 + i] = to[d * 64 + i] + as[d * 16 + j] * bs[j * 64 + i];
            }
          }
        }
      }
    }
  }
}
