package smalti.tensor.reference;

import smalti.tensor.Tensor;

/// Defines the matrix product.
final class ReferenceMatmul {
  private ReferenceMatmul() {}

  static void matmul(Tensor a, Tensor b, boolean accumulate, Tensor out) {
    int rows = out.dim(-2);
    int columns = out.dim(-1);
    int inner = a.dim(-1);
    assert a.dim(-2) == rows && b.dim(-2) == inner && b.dim(-1) == columns;
    for (int n = 0; n < Matrix.count(out); n++) {
      Matrix left = Matrix.of(a, n);
      Matrix right = Matrix.of(b, n);
      Matrix product = Matrix.of(out, n);
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          double sum = accumulate ? product.get(i, j) : 0;
          for (int k = 0; k < inner; k++) {
            sum += left.get(i, k) * right.get(k, j);
          }
          product.set(i, j, sum);
        }
      }
    }
  }

  static void addBias(Tensor bias, Tensor y) {
    int columns = y.dim(-1);
    Elements biases = Elements.of(bias);
    Elements ys = Elements.of(y);
    for (int i = 0; i < y.elements(); i++) {
      ys.set(i, ys.get(i) + biases.get(i % columns));
    }
  }
}
