package smalti.tensor.simd;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Parallel;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.plain.ElementLoops;
import smalti.tensor.plain.Floats;

/// Multiplies matrices of floats, of any strides.
///
/// This is done as Goto and van de Geijn do ("Anatomy of high-performance matrix multiplication",
/// 2008), with parts of `A` and `B` copied ("packed") so that they are read in order:
///
/// 1. for each stretch of at most [Tile#DEPTH] inner indices
/// 2. rows of `A` are packed (they stay in the second level of cache);
/// 3. each panel of [Tile#COLUMNS] columns of `B` is packed (first level of cache)
/// 4. and multiplied with each strip of [Tile#ROWS] rows by [Tile].
///
/// There are three kinds of products. Those with very few rows or columns are bound by memory and
/// go to [ThinProduct]. For a large matrix, threads pack `A` and `B` together and then share the
/// blocks of `C`: [LargeProduct]. Of batches and small matrices, each thread computes blocks of its
/// own, here. How `C` is cut depends on the sizes only, and each element is summed in one fixed
/// order: the result is the same bits for any number of threads.
public final class SimdMatmul {
  private static final int MOST_ROWS = 256;
  private static final int MOST_COLUMNS = 512;
  private static final int LEAST = 64;

  /// As many pieces as keep the cores of a usual machine busy.
  private static final int PIECES = 16;

  /// Multiply-adds that are worth waking another thread for.
  private static final long WORTHWHILE = 100_000;

  /// Multiply-adds that are worth packing together.
  private static final long LARGE = 1_500_000;

  /// How many times more columns than rows there are at least where a product is [#turned].
  private static final int TURNED = 4;

  private SimdMatmul() {}

  /// Computes `c = a·b`, or adds `a·b` to `c`.
  ///
  /// @param a (m, k), with its offset and strides
  /// @param b (k, n), with its offset and strides
  /// @param c (m, n), with neighbouring columns side by side
  public static void matmul(
      float[] a,
      int aOffset,
      int aRowStride,
      int aColStride,
      float[] b,
      int bOffset,
      int bRowStride,
      int bColStride,
      float[] c,
      int cOffset,
      int cRowStride,
      int m,
      int n,
      int k,
      boolean accumulate) {
    Matrix left = new Matrix(a, aOffset, aRowStride, aColStride);
    Matrix right = new Matrix(b, bOffset, bRowStride, bColStride);
    Matrix out = new Matrix(c, cOffset, cRowStride, 1);
    run(1, m, n, k, i -> left, i -> right, i -> out, accumulate ? i -> out : null);
  }

  /// Computes `out[…] = a[…]·b[…]` over the last two axes, or adds that to `out`.
  ///
  /// @param a (…, m, k), of any strides
  /// @param b (…, k, n), of any strides
  /// @param out (…, m, n), contiguous
  public static void batched(Tensor a, Tensor b, boolean accumulate, Tensor out) {
    Matrices c = matrices(out, batch(out));
    run(a, b, c, accumulate ? c : null, out);
  }

  /// Computes `out = a·b + bias`, the bias added to each row.
  ///
  /// @param a (m, k), of any strides
  /// @param b (k, n), of any strides
  /// @param bias (n), contiguous
  /// @param out (m, n), contiguous
  static void withBias(Tensor a, Tensor b, Tensor bias, Tensor out) {
    Matrix rows = new Matrix(Floats.array(bias), Floats.at(bias), 0, 1);
    run(a, b, matrices(out, 1), i -> rows, out);
  }

  /// Computes `out = a·b + bias` and a function of each number of it, of each block while it is in
  /// the cache. Returns false, and does nothing, where a product is not shared block by block.
  ///
  /// @param out (m, n), contiguous
  /// @param y (m, n), contiguous
  static boolean withActivation(
      Tensor a, Tensor b, Tensor bias, UnaryOp function, Tensor out, Tensor y) {
    Matrix left = matrices(a, 1).at(0);
    Matrix right = matrices(b, 1).at(0);
    int m = out.dim(0);
    int n = out.dim(1);
    int k = a.dim(1);
    if ((long) m * n * k < LARGE
        || ThinProduct.suits(m, n, left, right)
        || turns(left, right, m, n)) {
      return false;
    }
    ElementLoops loops = new SimdElementLoops();
    Matrix c = matrices(out, 1).at(0);
    Matrix to = matrices(y, 1).at(0);
    LargeProduct.Finish finish =
        (row, column, rows, columns) -> {
          for (int i = row; i < row + rows; i++) {
            int at = i * n + column;
            loops.unary(function, c.data(), c.at() + at, to.data(), to.at() + at, columns);
          }
        };
    Matrix start = new Matrix(Floats.array(bias), Floats.at(bias), 0, 1);
    LargeProduct.run(left, right, c, m, n, k, start, finish);
    return true;
  }

  private static int batch(Tensor out) {
    int batch = 1;
    for (int axis = 0; axis < out.rank() - 2; axis++) {
      batch *= out.dim(axis);
    }
    return batch;
  }

  private static void run(Tensor a, Tensor b, Matrices c, @Nullable Matrices base, Tensor out) {
    int batch = batch(out);
    run(
        batch,
        out.dim(-2),
        out.dim(-1),
        a.dim(-1),
        matrices(a, batch),
        matrices(b, batch),
        c,
        base);
  }

  /// Says where each matrix of a batch is.
  interface Matrices {
    Matrix at(int index);

    /// Returns a matrix, or null where there are none.
    static @Nullable Matrix atOrNull(@Nullable Matrices matrices, int index) {
      return matrices == null ? null : matrices.at(index);
    }
  }

  private static Matrices matrices(Tensor t, int batch) {
    int lead = t.rank() - 2;
    int[] offsets = new int[batch];
    for (int i = 0; i < batch; i++) {
      int rest = i;
      int at = t.layout().offset();
      for (int axis = lead - 1; axis >= 0; axis--) {
        at += rest % t.dim(axis) * t.layout().stride(axis);
        rest /= t.dim(axis);
      }
      offsets[i] = at;
    }
    float[] data = ((Storage.F32) t.storage()).array();
    int rowStride = t.layout().stride(-2);
    int columnStride = t.layout().stride(-1);
    return i -> new Matrix(data, offsets[i], rowStride, columnStride);
  }

  private static void run(
      int batch, int m, int n, int k, Matrices a, Matrices b, Matrices c, @Nullable Matrices base) {
    if (batch == 0 || m == 0 || n == 0) {
      return;
    }
    if (ThinProduct.suits(m, n, a.at(0), b.at(0))) {
      ThinProduct.run(batch, m, n, k, a, b, c, base);
      return;
    }
    if (batch < PIECES && (long) m * n * k >= LARGE) {
      for (int i = 0; i < batch; i++) {
        if (turns(a.at(i), b.at(i), m, n)) {
          turned(a.at(i), b.at(i), c.at(i), m, n, k, Matrices.atOrNull(base, i));
        } else {
          LargeProduct.run(a.at(i), b.at(i), c.at(i), m, n, k, Matrices.atOrNull(base, i), null);
        }
      }
      return;
    }
    Blocks blocks = Blocks.of(batch, m, n, k);
    int down = Math.ceilDiv(m, blocks.rows);
    int across = Math.ceilDiv(n, blocks.columns);
    Parallel.range(
        batch * down * across,
        blocks.grain(k),
        (start, end) -> {
          for (int piece = start; piece < end; piece++) {
            int index = piece / (down * across);
            int i0 = piece / across % down * blocks.rows;
            int j0 = piece % across * blocks.columns;
            block(
                a.at(index).from(i0, 0),
                b.at(index).from(0, j0),
                c.at(index).from(i0, j0),
                Math.min(blocks.rows, m - i0),
                Math.min(blocks.columns, n - j0),
                k,
                Matrix.part(Matrices.atOrNull(base, index), i0, j0));
          }
        });
  }

  private static boolean turns(Matrix a, Matrix b, int m, int n) {
    return TURNED * m <= n && b.rowStride() == 1 && a.columnStride() == 1;
  }

  /// Computes `Cᵀ = Bᵀ·Aᵀ` and transposes that. A `B` that lies transposed, a linear layer's
  /// weight, is packed number by number as the right factor and by whole vectors as the left one:
  /// with few rows, as in sampling, packing took as long as multiplying.
  private static void turned(
      Matrix a, Matrix b, Matrix c, int m, int n, int k, @Nullable Matrix base) {
    float[] result = Scratch.floats(Scratch.Use.SHARED_RESULT, n * m);
    LargeProduct.run(
        b.transposed(), a.transposed(), new Matrix(result, 0, m, 1), n, m, k, null, null);
    Parallel.range(
        n,
        Math.max(LEAST, (int) (WORTHWHILE / m)),
        (start, end) -> {
          for (int j0 = start; j0 < end; j0 += LEAST) {
            int j1 = Math.min(j0 + LEAST, end);
            for (int i = 0; i < m; i++) {
              int at = c.at() + i * c.rowStride();
              for (int j = j0; j < j1; j++) {
                float sum = result[j * m + i];
                if (base != null) {
                  sum += base.data()[base.at() + i * base.rowStride() + j];
                }
                c.data()[at + j] = sum;
              }
            }
          }
        });
  }

  /// Says how `C` is cut: into blocks that are large enough to pay for packing, but enough of them
  /// to go round.
  private record Blocks(int rows, int columns) {
    static Blocks of(int batch, int m, int n, int k) {
      int rows = Math.min(MOST_ROWS, m);
      int columns = Math.min(MOST_COLUMNS, n);
      while ((long) batch * Math.ceilDiv(m, rows) * Math.ceilDiv(n, columns) < PIECES
          && Math.max(rows, columns) > LEAST
          && (long) rows * columns * k > 2 * WORTHWHILE) {
        if (columns >= rows) {
          columns = half(columns);
        } else {
          rows = half(rows);
        }
      }
      return new Blocks(rows, columns);
    }

    private static int half(int size) {
      return Math.ceilDiv(size, 2 * LEAST) * LEAST;
    }

    /// Returns how many blocks one thread takes at a time.
    int grain(int k) {
      return Math.clamp(WORTHWHILE / Math.max(1, (long) rows * columns * k), 1, 4096);
    }
  }

  /// Computes one block of `C`.
  private static void block(
      Matrix a, Matrix b, Matrix c, int m, int n, int k, @Nullable Matrix base) {
    float[] left = Scratch.floats(Scratch.Use.LEFT, Tile.wholeStrips(m) * Tile.DEPTH);
    float[] panel = Scratch.floats(Scratch.Use.PANEL, Tile.DEPTH * Tile.COLUMNS);
    if (k == 0) {
      for (int i = 0; i < m; i++) {
        int at = c.at() + i * c.rowStride();
        if (base == null) {
          Arrays.fill(c.data(), at, at + n, 0);
        } else {
          System.arraycopy(base.data(), base.at() + i * base.rowStride(), c.data(), at, n);
        }
      }
    }
    for (int k0 = 0; k0 < k; k0 += Tile.DEPTH) {
      int depth = Math.min(Tile.DEPTH, k - k0);
      Packing.block(a.from(0, k0), m, depth, left, 0);
      for (int j = 0; j < n; j += Tile.COLUMNS) {
        int columns = Math.min(Tile.COLUMNS, n - j);
        Packing.panel(b.from(k0, j), depth, columns, panel, 0);
        Matrix to = c.from(0, j);
        Matrix added = Matrix.part(base, 0, j);
        Tile.multiplyRows(left, 0, m, panel, 0, columns, depth, null, 0, to, k0 > 0 ? to : added);
      }
    }
  }
}
