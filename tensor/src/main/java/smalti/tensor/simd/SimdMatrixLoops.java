package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.load;
import static smalti.tensor.simd.Lanes.store;

import jdk.incubator.vector.FloatVector;
import smalti.tensor.plain.MatrixLoops;

/// Multiplies matrices a vector at a time.
final class SimdMatrixLoops implements MatrixLoops {
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
    SimdMatmul.matmul(
        a,
        aAt,
        aRowStride,
        aColStride,
        b,
        bAt,
        bRowStride,
        bColStride,
        c,
        cAt,
        cRowStride,
        m,
        n,
        k,
        accumulate);
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
      FloatVector sum = all(0);
      int j = 0;
      for (; j <= n - COUNT; j += COUNT) {
        sum = load(x, xAt + j).fma(load(rows, at + j), sum);
      }
      if (j < n) {
        sum = load(x, xAt + j, n - j).fma(load(rows, at + j, n - j), sum);
      }
      out[outAt + i] = Lanes.sum(sum);
    }
  }

  /// Keeps a vector of `out` in a register while all rows pass.
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
    int j = 0;
    for (; j <= n - COUNT; j += COUNT) {
      FloatVector sum = load(out, outAt + j);
      for (int i = 0; i < m; i++) {
        sum = load(rows, rowsAt + i * stride + j).fma(all(w[wAt + i]), sum);
      }
      sum.intoArray(out, outAt + j);
    }
    if (j < n) {
      FloatVector sum = load(out, outAt + j, n - j);
      for (int i = 0; i < m; i++) {
        sum = load(rows, rowsAt + i * stride + j, n - j).fma(all(w[wAt + i]), sum);
      }
      store(sum, out, outAt + j, n - j);
    }
  }
}
