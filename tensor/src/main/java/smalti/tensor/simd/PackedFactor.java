package smalti.tensor.simd;

import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.FixedFactor;
import smalti.tensor.memory.Recycler;
import smalti.tensor.plain.Floats;

/// Multiplies by a matrix `B` that stays the same: all of it is packed for [Tile] once, at the
/// first product of more than a few rows. For 32 rows, packing a linear layer's weight takes a
/// third of the time of multiplying by it.
///
/// Each panel of [Tile#COLUMNS] columns is read once, from one end to the other, while strips of
/// the left factor pass it; where they are few, they stay in the first level of cache, too.
/// Elements are summed in the order of [SimdMatmul].
final class PackedFactor implements FixedFactor {
  /// Rows of a block of `C`, whole strips of six; they stay in the second level of cache.
  private static final int ROWS = 96;

  /// Multiply-adds that are worth waking another thread for.
  private static final long WORTHWHILE = 200_000;

  private final Matrix b;
  private final int k;
  private final int n;
  private final int stretches;
  private final FixedFactor others;
  private final IntFunction<float[]> arrays = Recycler.lender();
  private float @Nullable [] panels;

  /// Fixes a matrix of floats.
  ///
  /// @param b (k, n), of any strides, not empty
  /// @param others does the products that are not done here
  PackedFactor(Tensor b, FixedFactor others) {
    int rowStride = b.layout().stride(0);
    this.b = new Matrix(Floats.array(b), Floats.at(b), rowStride, b.layout().stride(1));
    this.k = b.dim(0);
    this.n = b.dim(1);
    this.stretches = Math.ceilDiv(k, Tile.DEPTH);
    this.others = others;
  }

  @Override
  public void multiply(Tensor a, @Nullable Tensor bias, Tensor out) {
    if (!Floats.all(a) || !Floats.dense(out) || bias != null && !Floats.dense(bias)) {
      others.multiply(a, bias, out);
      return;
    }
    int m = a.dim(0);
    int rowStride = a.layout().stride(0);
    Matrix left = new Matrix(Floats.array(a), Floats.at(a), rowStride, a.layout().stride(1));
    if (m == 0 || ThinProduct.suits(m, n, left, b)) {
      others.multiply(a, bias, out);
      return;
    }
    Matrix base = bias == null ? null : new Matrix(Floats.array(bias), Floats.at(bias), 0, 1);
    multiply(left, m, new Matrix(Floats.array(out), Floats.at(out), n, 1), base);
  }

  private void multiply(Matrix a, int m, Matrix c, @Nullable Matrix base) {
    float[] right = panels();
    int rows = Tile.wholeStrips(m);
    float[] left = Scratch.floats(Scratch.Use.SHARED_LEFT, stretches * rows * Tile.DEPTH);
    int down = Math.ceilDiv(m, ROWS);
    Parallel.range(
        down,
        1,
        (start, end) -> {
          for (int i = start * ROWS; i < Math.min(m, end * ROWS); i += ROWS) {
            for (int s = 0; s < stretches; s++) {
              Matrix from = a.from(i, s * Tile.DEPTH);
              int at = (s * rows + i) * Tile.DEPTH;
              Packing.block(from, Math.min(ROWS, m - i), depth(s), left, at);
            }
          }
        });
    long work = (long) Math.min(m, ROWS) * Tile.COLUMNS * k;
    Parallel.range(
        Math.ceilDiv(n, Tile.COLUMNS) * down, // a thread keeps to its own panels
        (int) Math.max(1, WORTHWHILE / work),
        (start, end) -> {
          for (int piece = start; piece < end; piece++) {
            int panel = piece / down;
            int i = piece % down * ROWS;
            int j = panel * Tile.COLUMNS;
            Matrix to = c.from(i, j);
            Matrix added = Matrix.part(base, i, j);
            for (int s = 0; s < stretches; s++) {
              Tile.multiplyRows(
                  left,
                  (s * rows + i) * Tile.DEPTH,
                  Math.min(ROWS, m - i),
                  right,
                  panelAt(panel, s),
                  Math.min(Tile.COLUMNS, n - j),
                  depth(s),
                  null,
                  0,
                  to,
                  s > 0 ? to : added);
            }
          }
        });
  }

  private int depth(int stretch) {
    return Math.min(Tile.DEPTH, k - stretch * Tile.DEPTH);
  }

  private int panelAt(int panel, int stretch) {
    return (panel * k + stretch * Tile.DEPTH) * Tile.COLUMNS;
  }

  /// Returns the packed matrix: panels one after the other.
  private float[] panels() {
    float[] packed = panels;
    if (packed == null) {
      int count = Math.ceilDiv(n, Tile.COLUMNS);
      float[] fresh = arrays.apply(count * k * Tile.COLUMNS);
      Parallel.range(
          count,
          1,
          (start, end) -> {
            for (int panel = start; panel < end; panel++) {
              int columns = Math.min(Tile.COLUMNS, n - panel * Tile.COLUMNS);
              Packing.panel(b.from(0, panel * Tile.COLUMNS), k, columns, fresh, panelAt(panel, 0));
            }
          });
      panels = fresh;
      packed = fresh;
    }
    return packed;
  }
}
