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

  /// Keeps four vectors of `out` in registers while all rows pass, or one of those that are left:
  /// the multiply-adds of one wait for each other.
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
    for (; j <= n - 4 * COUNT; j += 4 * COUNT) {
      FloatVector sum0 = load(out, outAt + j);
      FloatVector sum1 = load(out, outAt + j + COUNT);
      FloatVector sum2 = load(out, outAt + j + 2 * COUNT);
      FloatVector sum3 = load(out, outAt + j + 3 * COUNT);
      for (int i = 0; i < m; i++) {
        int at = rowsAt + i * stride + j;
        FloatVector weight = all(w[wAt + i]);
        sum0 = load(rows, at).fma(weight, sum0);
        sum1 = load(rows, at + COUNT).fma(weight, sum1);
        sum2 = load(rows, at + 2 * COUNT).fma(weight, sum2);
        sum3 = load(rows, at + 3 * COUNT).fma(weight, sum3);
      }
      sum0.intoArray(out, outAt + j);
      sum1.intoArray(out, outAt + j + COUNT);
      sum2.intoArray(out, outAt + j + 2 * COUNT);
      sum3.intoArray(out, outAt + j + 3 * COUNT);
    }
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
