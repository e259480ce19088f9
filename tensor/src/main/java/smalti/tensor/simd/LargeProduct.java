package smalti.tensor.simd;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Parallel;

/// Multiplies large matrices: `A` and `B` are packed, and threads share the blocks of `C`. Each
/// number is packed once for every [#MOST] rows or columns of `C`, however many blocks there are.
///
/// Many threads pack together, each a part. Two pack what they need each for itself, though one
/// side of it is then packed twice: what one core writes and the other reads has to go from cache
/// to cache, and when it is written again, the next product has to wait until the other core has
/// given it up. That costs more than packing, much more where the cores have no common cache.
final class LargeProduct {
  /// The most rows and columns of `C` that are computed at a time: 4 MB, which the last level of
  /// cache holds while one stretch after the other is added to them.
  private static final int MOST = 1024;

  /// The most numbers that are packed at a time, if more than one stretch.
  private static final int MOST_PACKED = 1 << 20;

  /// The most rows of a block of `C`, whole strips of six; they stay in the second level of cache.
  private static final int ROWS = 96;

  /// Blocks from which on a thread helps another without much waiting at the end.
  private static final int FEW = 8;

  /// The most threads that pack each for itself.
  private static final int FEW_THREADS = 2;

  /// Columns of a block of `C`, in panels and in numbers.
  private static final int PANELS = 4;

  private static final int COLUMNS = PANELS * Tile.COLUMNS;

  private static final AtomicLong PRODUCTS = new AtomicLong();

  private final Matrix a;
  private final Matrix b;
  private final int m;
  private final int n;
  private final int depth;
  private final int stretches;
  private final int rows;
  private final int panels;
  private final boolean rowsFirst;
  private final int down;
  private final int across;

  /// Rows of a block, whole strips of six: the blocks are as even as can be.
  private final int height;

  /// Packed rows from one block to the next.
  private final int pitch;

  /// Whether each thread packs for itself.
  private final boolean apart = Parallel.threads() <= FEW_THREADS;

  /// Tells products apart, for what threads have packed.
  private final long number = PRODUCTS.incrementAndGet();

  /// Prepares one part of a product: `a` (m, depth) and `b` (depth, n).
  private LargeProduct(Matrix a, Matrix b, int m, int n, int depth) {
    this.a = a;
    this.b = b;
    this.m = m;
    this.n = n;
    this.depth = depth;
    this.stretches = Math.ceilDiv(depth, Tile.DEPTH);
    this.panels = Math.ceilDiv(n, Tile.COLUMNS);
    this.rowsFirst = 2 * m >= n;
    this.down = blocks(m);
    this.across = Math.ceilDiv(n, COLUMNS);
    this.height = Math.ceilDiv(Math.ceilDiv(m, down), SixRowLoops.ROWS) * SixRowLoops.ROWS;
    this.pitch = Tile.wholeStrips(height);
    this.rows = down * pitch;
  }

  /// Returns how many blocks lie below each other. A few come in pairs, so that two or four threads
  /// have the same to do.
  private static int blocks(int m) {
    int least = Math.ceilDiv(m, ROWS);
    return least > 1 && least < FEW ? least + least % 2 : least;
  }

  /// Is what is done with each block of a product once it is complete.
  interface Finish {
    void block(int row, int column, int rows, int columns);

    /// Returns this for a part of the product.
    static @Nullable Finish part(@Nullable Finish finish, int row, int column) {
      return finish == null
          ? null
          : (i, j, rows, columns) -> finish.block(row + i, column + j, rows, columns);
    }
  }

  /// Computes `c = a·b + base`.
  ///
  /// @param base `c` itself, or rows to begin with; null for 0
  /// @param finish is told of blocks that are complete; null if nothing is done with them
  static void run(
      Matrix a,
      Matrix b,
      Matrix c,
      int m,
      int n,
      int k,
      @Nullable Matrix base,
      @Nullable Finish finish) {
    for (int j = 0; j < n; j += MOST) {
      int columns = Math.min(MOST, n - j);
      for (int i = 0; i < m; i += MOST) {
        int rows = Math.min(MOST, m - i);
        int step = Math.max(1, MOST_PACKED / ((rows + columns) * Tile.DEPTH)) * Tile.DEPTH;
        for (int p = 0; p < k; p += step) {
          int depth = Math.min(step, k - p);
          LargeProduct part = new LargeProduct(a.from(i, p), b.from(p, j), rows, columns, depth);
          Matrix out = c.from(i, j);
          Finish last = p + depth < k ? null : Finish.part(finish, i, j);
          part.multiply(out, p > 0 ? out : Matrix.part(base, i, j), last);
        }
      }
    }
  }

  /// Says what of a product a thread has packed for itself.
  private static final class Mine {
    private static final ThreadLocal<Mine> OF_THREAD = ThreadLocal.withInitial(Mine::new);

    private final BitSet rows = new BitSet();
    private final BitSet panels = new BitSet();
    private long product;

    static Mine of(long product) {
      Mine mine = OF_THREAD.get();
      if (mine.product != product) {
        mine.product = product;
        mine.rows.clear();
        mine.panels.clear();
      }
      return mine;
    }
  }

  /// Is both factors, packed.
  private record Packed(float[] left, float[] right) {}

  private Packed packed(Scratch.Use left, Scratch.Use right) {
    return new Packed(
        Scratch.floats(left, stretches * rows * Tile.DEPTH),
        Scratch.floats(right, stretches * panels * Tile.COLUMNS * Tile.DEPTH));
  }

  /// Packs for all threads. A thread packs the rows (or columns) of its part of `C`, which
  /// [#multiply] gives it, and as large a part of the other matrix, which all threads read.
  private Packed packTogether() {
    Packed packed = packed(Scratch.Use.SHARED_LEFT, Scratch.Use.SHARED_RIGHT);
    int pieces = rowsFirst ? down : across;
    Parallel.range(
        pieces * stretches,
        1,
        (start, end) -> {
          for (int piece = start; piece < end; piece++) {
            int stretch = piece % stretches;
            int index = piece / stretches;
            for (int i = index * down / pieces; i < (index + 1) * down / pieces; i++) {
              packRows(stretch, i, packed);
            }
            for (int j = index * across / pieces; j < (index + 1) * across / pieces; j++) {
              packPanels(stretch, j, packed);
            }
          }
        });
    return packed;
  }

  /// Packs what this thread needs for a block and has not packed.
  private Packed packForMyself(int i, int j) {
    Packed packed = packed(Scratch.Use.LEFT, Scratch.Use.PANEL);
    Mine mine = Mine.of(number);
    for (int stretch = 0; stretch < stretches; stretch++) {
      if (!mine.rows.get(i)) {
        packRows(stretch, i, packed);
      }
      if (!mine.panels.get(j)) {
        packPanels(stretch, j, packed);
      }
    }
    mine.rows.set(i);
    mine.panels.set(j);
    return packed;
  }

  private int depth(int stretch) {
    return Math.min(Tile.DEPTH, depth - stretch * Tile.DEPTH);
  }

  /// @param row the first of a block
  private int leftAt(int stretch, int row) {
    return (stretch * rows + row / height * pitch) * Tile.DEPTH;
  }

  private int rightAt(int stretch, int panel) {
    return (stretch * panels + panel) * Tile.COLUMNS * Tile.DEPTH;
  }

  /// @param i number of a block from above
  private void packRows(int stretch, int i, Packed packed) {
    int row = i * height;
    Matrix from = a.from(row, stretch * Tile.DEPTH);
    int at = leftAt(stretch, row);
    Packing.block(from, Math.min(height, m - row), depth(stretch), packed.left, at);
  }

  /// @param j number of a block from the left
  private void packPanels(int stretch, int j, Packed packed) {
    int column = j * COLUMNS;
    Matrix from = b.from(stretch * Tile.DEPTH, column);
    int columns = Math.min(COLUMNS, n - column);
    int at = rightAt(stretch, j * PANELS);
    Packing.panels(from, depth(stretch), columns, packed.right, at, Tile.COLUMNS * Tile.DEPTH);
  }

  /// Multiplies. The longer side of `C` is cut among the threads, so that they share as little of
  /// what is packed as can be; rows rather than columns, as all other work on a batch is.
  private void multiply(Matrix c, @Nullable Matrix base, @Nullable Finish finish) {
    Packed together = apart ? null : packTogether();
    Parallel.range(
        down * across,
        1,
        (start, end) -> {
          for (int piece = start; piece < end; piece++) {
            int above = rowsFirst ? piece / across : piece % down;
            int before = rowsFirst ? piece % across : piece / down;
            Packed packed = together != null ? together : packForMyself(above, before);
            int i = above * height;
            int j = before * COLUMNS;
            for (int stretch = 0; stretch < stretches; stretch++) {
              block(c, i, j, stretch, stretch > 0 ? c : base, packed);
            }
            if (finish != null) {
              finish.block(i, j, Math.min(height, m - i), Math.min(COLUMNS, n - j));
            }
          }
        });
  }

  /// Computes what one stretch contributes to one block of `C`.
  private void block(Matrix c, int i, int j, int stretch, @Nullable Matrix base, Packed packed) {
    for (int column = j; column < Math.min(n, j + COLUMNS); column += Tile.COLUMNS) {
      Tile.multiplyRows(
          packed.left,
          leftAt(stretch, i),
          Math.min(height, m - i),
          packed.right,
          rightAt(stretch, column / Tile.COLUMNS),
          Math.min(Tile.COLUMNS, n - column),
          depth(stretch),
          null,
          0,
          c.from(i, column),
          Matrix.part(base, i, column));
    }
  }
}
