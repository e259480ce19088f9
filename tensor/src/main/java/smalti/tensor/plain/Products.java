package smalti.tensor.plain;

import smalti.tensor.Layout;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;

/// Does batched matrix products, blocks of rows shared among threads.
final class Products {
  private static final int ROWS = 64;
  private final ElementLoops elements;
  private final MatrixLoops loops;

  Products(ElementLoops elements, MatrixLoops loops) {
    this.elements = elements;
    this.loops = loops;
  }

  void matmul(Tensor a, Tensor b, boolean accumulate, Tensor out) {
    int rank = out.rank();
    int m = out.dim(-2);
    int n = out.dim(-1);
    int k = a.dim(-1);
    if (out.elements() == 0) {
      return;
    }
    int batch = out.elements() / (m * n);
    int blocks = (m + ROWS - 1) / ROWS;
    long work = Math.max(1, (long) Math.min(m, ROWS) * n * k);
    Parallel.range(
        batch * blocks,
        (int) Math.max(1, (1 << 18) / work),
        (s, e) -> {
          for (int i = s; i < e; i++) {
            int index = i / blocks;
            int row = i % blocks * ROWS;
            loops.matmul(
                Floats.array(a),
                matrixAt(a, index) + row * a.layout().stride(rank - 2),
                a.layout().stride(rank - 2),
                a.layout().stride(rank - 1),
                Floats.array(b),
                matrixAt(b, index),
                b.layout().stride(rank - 2),
                b.layout().stride(rank - 1),
                Floats.array(out),
                Floats.at(out) + (index * m + row) * n,
                n,
                Math.min(ROWS, m - row),
                n,
                k,
                accumulate);
          }
        });
  }

  /// Returns the place of a matrix, counted over the leading axes.
  private static int matrixAt(Tensor t, int index) {
    Layout layout = t.layout();
    int at = layout.offset();
    int left = index;
    for (int axis = t.rank() - 3; axis >= 0; axis--) {
      at += left % t.dim(axis) * layout.stride(axis);
      left /= t.dim(axis);
    }
    return at;
  }

  void addBias(Tensor bias, Tensor y) {
    int n = y.dim(-1);
    float[] ys = Floats.array(y);
    Rows.forEach(
        Floats.rows(y),
        n,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            int at = Floats.at(y) + r * n;
            elements.binary(BinaryOp.ADD, ys, at, Floats.array(bias), Floats.at(bias), ys, at, n);
          }
        });
  }
}
