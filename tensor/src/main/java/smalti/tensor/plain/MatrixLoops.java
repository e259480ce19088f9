package smalti.tensor.plain;

/// Computes products of matrices that lie in larger arrays.
public interface MatrixLoops {

  /// Computes `c = a·b`, or adds it to `c`. Element `(i, k)` of `a` is at `aAt + i·aRowStride +
  /// k·aColStride`; that of `b` likewise; rows of `c` are dense.
  ///
  /// @param m rows of `a` and `c`
  /// @param n columns of `b` and `c`
  /// @param k columns of `a`, rows of `b`
  void matmul(
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
      boolean accumulate);

  /// Computes `out[i] = Σ_d x[d]·rows[i, d]`: the product of a matrix of dense rows and a column.
  void rowDots(
      float[] x,
      int xAt,
      float[] rows,
      int rowsAt,
      int stride,
      float[] out,
      int outAt,
      int m,
      int n);

  /// Adds `Σ_i w[i]·rows[i, d]` to `out[d]`: the product of a row and a matrix of dense rows.
  void addWeightedRows(
      float[] w,
      int wAt,
      float[] rows,
      int rowsAt,
      int stride,
      float[] out,
      int outAt,
      int m,
      int n);
}
