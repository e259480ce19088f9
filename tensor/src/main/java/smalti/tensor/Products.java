package smalti.tensor;

import java.util.Arrays;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Holds the shape rule of the matrix product.
final class Products {
  private Products() {}

  static Tensor matmul(Tensor a, Tensor b) {
    Views.requireSame("matmul", a, b);
    Views.requireFloating("matmul", a);
    Views.requireRank("matmul", a, 2);
    Views.requireRank("matmul", b, 2);
    int inner = a.dim(-1);
    if (inner != b.dim(-2)) {
      String hint = inner == b.dim(-1) ? ". Did you mean b.transpose(-2, -1)?" : "";
      throw ShapeException.of(
          "matmul: inner sizes differ; a %s, b %s (%d ≠ %d)%s",
          a.shape(), b.shape(), inner, b.dim(-2), hint);
    }
    if (b.rank() == 2 && a.rank() > 2) { // one large product instead of many small ones
      int rows = leading(a.shape()).elements() * a.dim(-2);
      Tensor flat = matmul(a.reshape(rows, inner), b); // (rows, N)
      return flat.reshape(a.shape().with(-1, b.dim(-1)));
    }
    Shape batch = Shape.broadcast("matmul", leading(a.shape()), leading(b.shape()));
    Tensor out = Outputs.of(matrix(batch, a.dim(-2), b.dim(-1)), a.dtype());
    Backends.current()
        .matmul(
            a.expand(matrix(batch, a.dim(-2), inner)),
            b.expand(matrix(batch, inner, b.dim(-1))),
            false,
            out);
    return out;
  }

  private static Shape leading(Shape shape) {
    return Shape.of(Arrays.copyOf(shape.toArray(), shape.rank() - 2));
  }

  private static Shape matrix(Shape batch, int rows, int columns) {
    int[] sizes = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
    sizes[batch.rank()] = rows;
    sizes[batch.rank() + 1] = columns;
    return Shape.of(sizes);
  }
}
