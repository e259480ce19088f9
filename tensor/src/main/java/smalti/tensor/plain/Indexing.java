package smalti.tensor.plain;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;

/// Does the kernels that read or write where indices say.
final class Indexing {
  private static final int COLUMNS = 64;
  private final ElementLoops elements;

  Indexing(ElementLoops elements) {
    this.elements = elements;
  }

  void embedding(Tensor weight, Tensor ids, Tensor out) {
    int n = weight.dim(-1);
    int[] rows = Floats.ints(ids);
    Parallel.range(
        ids.elements(),
        Math.max(1, (1 << 15) / Math.max(1, n)),
        (s, e) -> {
          for (int i = s; i < e; i++) {
            int from = Floats.at(weight) + rows[Floats.at(ids) + i] * n;
            System.arraycopy(
                Floats.array(weight), from, Floats.array(out), Floats.at(out) + i * n, n);
          }
        });
  }

  /// Shares the columns, not the rows, among threads: rows may meet at the same id.
  void embeddingGrad(Tensor ids, Tensor dOut, Tensor dWeight) {
    int n = dWeight.dim(-1);
    int[] rows = Floats.ints(ids);
    float[] to = Floats.array(dWeight);
    Copies.fill(0, dWeight);
    Parallel.range(
        n,
        COLUMNS,
        (s, e) -> {
          for (int i = 0; i < ids.elements(); i++) {
            int at = Floats.at(dWeight) + rows[Floats.at(ids) + i] * n + s;
            int from = Floats.at(dOut) + i * n + s;
            elements.binary(BinaryOp.ADD, to, at, Floats.array(dOut), from, to, at, e - s);
          }
        });
  }

  void gather(Tensor x, Tensor index, Tensor out) {
    int n = x.dim(-1);
    int m = index.dim(-1);
    int[] ids = Floats.ints(index);
    Rows.forEach(
        Floats.rows(index),
        m,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            for (int i = 0; i < m; i++) {
              int id = ids[Floats.at(index) + r * m + i];
              Floats.array(out)[Floats.at(out) + r * m + i] =
                  Floats.array(x)[Floats.at(x) + r * n + id];
            }
          }
        });
  }

  void gatherGrad(Tensor index, Tensor dOut, Tensor dx) {
    int n = dx.dim(-1);
    int m = index.dim(-1);
    int[] ids = Floats.ints(index);
    Rows.forEach(
        Floats.rows(dx),
        n,
        (s, e) -> {
          for (int r = s; r < e; r++) {
            int at = Floats.at(dx) + r * n;
            Arrays.fill(Floats.array(dx), at, at + n, 0);
            for (int i = 0; i < m; i++) {
              int from = r * m + i;
              Floats.array(dx)[at + ids[Floats.at(index) + from]] +=
                  Floats.array(dOut)[Floats.at(dOut) + from];
            }
          }
        });
  }
}
