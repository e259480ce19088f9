package smalti.tensor.simd;

import org.jspecify.annotations.Nullable;

/// Is a matrix inside an array: element `(i, j)` is at `at + i·rowStride + j·columnStride`.
record Matrix(float[] data, int at, int rowStride, int columnStride) {

  Matrix transposed() {
    return new Matrix(data, at, columnStride, rowStride);
  }

  Matrix from(int row, int column) {
    return new Matrix(data, at + row * rowStride + column * columnStride, rowStride, columnStride);
  }

  /// Returns the part of a matrix that [#from] returns, or null where there is none.
  static @Nullable Matrix part(@Nullable Matrix whole, int row, int column) {
    return whole == null ? null : whole.from(row, column);
  }
}
