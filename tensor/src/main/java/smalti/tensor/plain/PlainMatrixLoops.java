package smalti.tensor.plain;

import java.util.Arrays;

/// Multiplies matrices in plain loops which the compiler turns into vectors.
///
/// A panel of `b` is copied to an array per row, and a row of `c` to one of its own, because C2
/// vectorises a loop over several arrays only where all have the same index.
public final class PlainMatrixLoops implements MatrixLoops {
  private static final int COLUMNS = 256;
  private static final int DEPTH = 64;
  private static final ThreadLocal<float[][]> PANEL =
      ThreadLocal.withInitial(() -> new float[DEPTH][COLUMNS]);

  /// Makes the loops, which have no state.
  public PlainMatrixLoops() {}

  @Override
  public void matmul(
      float[] a,
      int aAt,
      int aRowStride,
      int aColStride,
      float[] b,
      int bAt,
      int bRowStride,
      int bColStride,
      float[] c,
      int cAt,
      int cRowStride,
      int m,
      int n,
      int k,
      boolean accumulate) {
    if (!accumulate) {
      for (int i = 0; i < m; i++) {
        Arrays.fill(c, cAt + i * cRowStride, cAt + i * cRowStride + n, 0);
      }
    }
    float[][] panel = PANEL.get();
    float[] sums = Scratch.floats(Scratch.Slot.ROW, COLUMNS);
    for (int j0 = 0; j0 < n; j0 += COLUMNS) {
      int columns = Math.min(COLUMNS, n - j0);
      for (int k0 = 0; k0 < k; k0 += DEPTH) {
        int depth = Math.min(DEPTH, k - k0);
        for (int p = 0; p < depth; p++) {
          int from = bAt + (k0 + p) * bRowStride + j0 * bColStride;
          Copies.strided(b, from, bColStride, columns, panel[p], 0);
        }
        for (int i = 0; i < m; i++) {
          int to = cAt + i * cRowStride + j0;
          System.arraycopy(c, to, sums, 0, columns);
          addRow(
              a, aAt + i * aRowStride + k0 * aColStride, aColStride, panel, depth, sums, columns);
          System.arraycopy(sums, 0, c, to, columns);
        }
      }
    }
  }

  /// Adds `Σ a[p]·panel[p]` to `sums`.
  private static void addRow(
      float[] a, int aAt, int aStride, float[][] panel, int depth, float[] sums, int n) {
    int p = 0;
    for (; p + 4 <= depth; p += 4) {
      int at = aAt + p * aStride;
      float a0 = a[at];
      float a1 = a[at + aStride];
      float a2 = a[at + 2 * aStride];
      float a3 = a[at + 3 * aStride];
      addFour(a0, panel[p], a1, panel[p + 1], a2, panel[p + 2], a3, panel[p + 3], sums, n);
    }
    for (; p < depth; p++) {
      float a0 = a[aAt + p * aStride];
      float[] b0 = panel[p];
      for (int j = 0; j < n; j++) {
        sums[j] += a0 * b0[j];
      }
    }
  }

  private static void addFour(
      float a0,
      float[] b0,
      float a1,
      float[] b1,
      float a2,
      float[] b2,
      float a3,
      float[] b3,
      float[] sums,
      int n) {
    for (int j = 0; j < n; j++) {
      sums[j] = sums[j] + a0 * b0[j] + a1 * b1[j] + a2 * b2[j] + a3 * b3[j];
    }
  }

  @Override
  public void rowDots(
      float[] x,
      int xAt,
      float[] rows,
      int rowsAt,
      int stride,
      float[] out,
      int outAt,
      int m,
      int n) {
    for (int i = 0; i < m; i++) {
      int at = rowsAt + i * stride;
      float sum = 0;
      for (int j = 0; j < n; j++) {
        sum += x[xAt + j] * rows[at + j];
      }
      out[outAt + i] = sum;
    }
  }

  @Override
  public void addWeightedRows(
      float[] w,
      int wAt,
      float[] rows,
      int rowsAt,
      int stride,
      float[] out,
      int outAt,
      int m,
      int n) {
    for (int i = 0; i < m; i++) {
      int at = rowsAt + i * stride;
      float weight = w[wAt + i];
      for (int j = 0; j < n; j++) {
        out[outAt + j] += weight * rows[at + j];
      }
    }
  }
}
