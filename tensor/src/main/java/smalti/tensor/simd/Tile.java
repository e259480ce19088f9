package smalti.tensor.simd;

import org.jspecify.annotations.Nullable;

/// Multiplies a packed block of rows with a packed panel two vectors wide, a strip of six or four
/// rows at a time: the innermost part of every matrix product and convolution.
///
/// The tile of `C` stays in twelve or eight registers while a loop of [SixRowLoops] or [TileLoops]
/// runs down the panel: each step loads two vectors of the panel and broadcasts a number of each
/// row, for two multiply-adds a row. Eight sums are what fills the two multiply-add units of AVX2
/// machines (latency 4) when nothing comes between; twelve are a twentieth faster there, and a
/// quarter where another thread shares the core. So rows are taken by six, and the last few by four
/// where that leaves fewer empty: [#height].
///
/// Where only one vector of columns is left, eight rows of one vector replace four rows of two, on
/// machines with 32 vector registers.
final class Tile {
  private static final int WIDTH = Lanes.COUNT;
  private static final int SIX = SixRowLoops.ROWS;

  /// Blocks of rows are filled up to a multiple of this.
  static final int ROWS = 4;

  /// The columns of a tile: two vectors.
  static final int COLUMNS = 2 * WIDTH;

  /// The most steps of the inner loop; the pairs of rows of a strip are twice as many numbers
  /// apart. A panel of this depth (16 or 32 KB) is read from the first or second level of cache, a
  /// strip (6 KB) from the first.
  static final int DEPTH = 256;

  /// Whether eight rows of one vector are faster than four of two. They are not with 16 registers:
  /// C2 broadcasts all eight numbers first.
  private static final boolean NARROW = WIDTH == 16;

  private static final float[] ZEROS = new float[Math.max(2 * ROWS, COLUMNS)];

  private static final Matrix NOTHING = new Matrix(ZEROS, 0, 0, 1);

  private Tile() {}

  /// Computes `c = start + block · panel + base`. The last strip and the panel may hang over the
  /// edge of `c`: only `rows × columns` numbers are stored.
  ///
  /// @param block strips of [#height]·[#DEPTH] numbers, as many as `rows` need ([Packing#block])
  /// @param panel `depth` rows of [#COLUMNS] numbers
  /// @param start what each row's sums begin with, for whole strips of rows; null for 0
  /// @param c of neighbouring columns side by side
  /// @param base what is added to the product, likewise: `c` itself, or a bias, all of whose rows
  ///   are the same; null for nothing
  static void multiplyRows(
      float[] block,
      int blockAt,
      int rows,
      float[] panel,
      int panelAt,
      int columns,
      int depth,
      float @Nullable [] start,
      int startAt,
      Matrix c,
      @Nullable Matrix base) {
    int row = 0;
    while (row < rows) {
      boolean narrow = NARROW && columns <= WIDTH && rows - row > ROWS;
      int height = narrow ? 2 * ROWS : height(rows - row);
      int here = Math.min(height, rows - row);
      boolean whole = here == height && columns == (narrow ? WIDTH : COLUMNS);
      float[] to = whole ? c.data() : Scratch.floats(Scratch.Use.TILE, 2 * ROWS * COLUMNS);
      int toAt = whole ? c.at() + row * c.rowStride() : 0;
      int toStride = whole ? c.rowStride() : COLUMNS;
      Matrix added = whole && base != null ? base : NOTHING;
      int addedAt = added.at() + row * added.rowStride();
      int at = blockAt + row * DEPTH;
      float[] from = start == null ? ZEROS : start;
      int fromAt = start == null ? 0 : startAt + row;
      if (narrow) {
        TileLoops.narrow(
            block,
            at,
            panel,
            panelAt,
            depth,
            from,
            fromAt,
            added.data(),
            addedAt,
            added.rowStride(),
            to,
            toAt,
            toStride);
      } else if (height == SIX) {
        SixRowLoops.packed(
            block,
            at,
            panel,
            panelAt,
            depth,
            from,
            fromAt,
            added.data(),
            addedAt,
            added.rowStride(),
            to,
            toAt,
            toStride);
      } else {
        TileLoops.packed(
            block,
            at,
            panel,
            panelAt,
            depth,
            from,
            fromAt,
            added.data(),
            addedAt,
            added.rowStride(),
            to,
            toAt,
            toStride);
      }
      if (!whole) {
        copyTile(to, here, columns, c.from(row, 0), Matrix.part(base, row, 0));
      }
      row += height;
    }
  }

  /// Computes what [#multiplyRows] does with a panel of [#COLUMNS] columns that is read in place:
  /// row `k` is the vectors at `leftAt + distances[k]` and `rightAt + distances[k]` of `data`.
  static void multiplyInPlace(
      float[] block,
      int blockAt,
      int rows,
      float[] data,
      int leftAt,
      int rightAt,
      int[] distances,
      int distancesAt,
      int depth,
      float @Nullable [] start,
      int startAt,
      Matrix c,
      @Nullable Matrix base) {
    int row = 0;
    while (row < rows) {
      int height = height(rows - row);
      boolean whole = row + height <= rows;
      float[] to = whole ? c.data() : Scratch.floats(Scratch.Use.TILE, 2 * ROWS * COLUMNS);
      int toAt = whole ? c.at() + row * c.rowStride() : 0;
      int toStride = whole ? c.rowStride() : COLUMNS;
      Matrix added = whole && base != null ? base : NOTHING;
      int addedAt = added.at() + row * added.rowStride();
      int at = blockAt + row * DEPTH;
      float[] from = start == null ? ZEROS : start;
      int fromAt = start == null ? 0 : startAt + row;
      if (height == SIX) {
        SixRowLoops.inPlace(
            block,
            at,
            data,
            leftAt,
            rightAt,
            distances,
            distancesAt,
            depth,
            from,
            fromAt,
            added.data(),
            addedAt,
            added.rowStride(),
            to,
            toAt,
            toStride);
      } else {
        TileLoops.inPlace(
            block,
            at,
            data,
            leftAt,
            rightAt,
            distances,
            distancesAt,
            depth,
            from,
            fromAt,
            added.data(),
            addedAt,
            added.rowStride(),
            to,
            toAt,
            toStride);
      }
      if (!whole) {
        copyTile(to, rows - row, COLUMNS, c.from(row, 0), Matrix.part(base, row, 0));
      }
      row += height;
    }
  }

  private static void copyTile(
      float[] tile, int rows, int columns, Matrix c, @Nullable Matrix base) {
    for (int i = 0; i < rows; i++) {
      int from = i * COLUMNS;
      int to = c.at() + i * c.rowStride();
      for (int j = 0; j < columns; j++) {
        float sum = tile[from + j];
        if (base != null) {
          sum += base.data()[base.at() + i * base.rowStride() + j];
        }
        c.data()[to + j] = sum;
      }
    }
  }

  /// Returns the height of the next strip where so many rows are left: six, or four where six would
  /// leave more rows empty.
  static int height(int rows) {
    return rows > 2 * ROWS || rows > ROWS && rows <= SIX ? SIX : ROWS;
  }

  /// Returns a number of rows rounded up to a multiple of [#ROWS], which whole strips fit in.
  static int wholeStrips(int rows) {
    return (rows + ROWS - 1) / ROWS * ROWS;
  }
}
