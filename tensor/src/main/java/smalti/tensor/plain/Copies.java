package smalti.tensor.plain;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;

/// Copies and fills tensors of any strides.
final class Copies {
  private static final int TILE = 16;

  private Copies() {}

  static void fill(float value, Tensor out) {
    float[] o = Floats.array(out);
    Walk walk = Walk.over(out);
    int stride = walk.stride(0);
    walk.run((at, n) -> {
      if (stride == 1) {
        Arrays.fill(o, at[0], at[0] + n, value);
      } else {
        for (int i = 0; i < n; i++) {
          o[at[0] + i * stride] = value;
        }
      }
    });
  }

  static void copy(Tensor x, Tensor out) {
    Walk walk = Walk.over(x, out);
    int last = walk.rank() - 1;
    int columns = walk.stride(0) == 1 ? -1 : unitAxis(walk);
    if (columns >= 0 && walk.stride(1) == 1) {
      transpose(walk, columns, last, Floats.array(x), Floats.array(out));
      return;
    }
    float[] from = Floats.array(x);
    float[] to = Floats.array(out);
    int xStride = walk.stride(0);
    int outStride = walk.stride(1);
    walk.run((at, n) -> {
      if (outStride == 1) {
        strided(from, at[0], xStride, n, to, at[1]);
      } else {
        for (int i = 0; i < n; i++) {
          to[at[1] + i * outStride] = from[at[0] + i * xStride];
        }
      }
    });
  }

  /// Writes `n` elements that lie `stride` apart densely.
  static void strided(float[] from, int at, int stride, int n, float[] to, int toAt) {
    if (stride == 1) {
      System.arraycopy(from, at, to, toAt, n);
    } else if (stride == 0) {
      Arrays.fill(to, toAt, toAt + n, from[at]);
    } else {
      for (int i = 0; i < n; i++) {
        to[toAt + i] = from[at + i * stride];
      }
    }
  }

  /// Returns the axis along which the first tensor is dense, or −1.
  private static int unitAxis(Walk walk) {
    for (int axis = 0; axis < walk.rank() - 1; axis++) {
      if (walk.stride(0, axis) == 1) {
        return axis;
      }
    }
    return -1;
  }

  /// Copies planes whose axis `columns` is dense in the source and axis `last` in the target, tile
  /// by tile so that both sides stay in the cache.
  private static void transpose(Walk walk, int columns, int last, float[] from, float[] to) {
    int rows = walk.dim(last);
    int cols = walk.dim(columns);
    int fromStride = walk.stride(0, last);
    int toStride = walk.stride(1, columns);
    boolean manyPlanes = (long) rows * cols < 1 << 16;
    int piece = manyPlanes ? Math.max(1, (1 << 15) / Math.max(1, rows * cols)) : 1;
    walk.without(columns, last)
        .run(
            piece,
            (at, one) -> {
              int x = at[0];
              int out = at[1];
              int tiles = (cols + TILE - 1) / TILE;
              int grain = Math.max(1, (1 << 15) / (TILE * Math.max(1, rows)));
              Parallel.range(
                  tiles,
                  grain,
                  (s, e) -> {
                    int end = Math.min(cols, e * TILE);
                    tiles(from, x, fromStride, to, out, toStride, rows, s * TILE, end);
                  });
            });
  }

  private static void tiles(
      float[] from,
      int fromAt,
      int fromStride,
      float[] to,
      int toAt,
      int toStride,
      int rows,
      int start,
      int end) {
    for (int c0 = start; c0 < end; c0 += TILE) {
      int c1 = Math.min(end, c0 + TILE);
      for (int r0 = 0; r0 < rows; r0 += TILE) {
        int r1 = Math.min(rows, r0 + TILE);
        for (int c = c0; c < c1; c++) {
          int target = toAt + c * toStride;
          for (int r = r0; r < r1; r++) {
            to[target + r] = from[fromAt + c + r * fromStride];
          }
        }
      }
    }
  }
}
