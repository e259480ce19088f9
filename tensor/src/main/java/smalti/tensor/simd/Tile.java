package smalti.tensor.simd;

import org.jspecify.annotations.Nullable;

/// Multiplies a packed block of rows with a packed panel two vectors wide, a strip of four rows at
/// a time: the innermost part of every matrix product and convolution.
///
/// The tile of `C` stays in eight registers while a loop of [TileLoops] runs down the panel: each
/// step loads two vectors of the panel and broadcasts four numbers of the strip, for eight
/// multiply-adds. Eight is what fills the two multiply-add units of AVX2 machines (latency 4), and
/// about the most that C2 keeps in registers there: with ten accumulators, or the loop unrolled by
/// hand, it spills and the tile runs at less than half the speed.
///
/// A strip lies in one of two orders, whichever is the faster to copy the matrix to: its rows
/// [#DEPTH] apart, or its columns of four numbers one after another. Where only one vector of
/// columns is left, eight rows of one vector replace four rows of two, on machines with 32 vector
/// registers.
final class Tile {
  private static final int WIDTH = Lanes.COUNT;

  /// The rows of a tile.
  static final int ROWS = 4;

  /// The columns of a tile: two vectors.
  static final int COLUMNS = 2 * WIDTH;

  /// The most steps of the inner loop, and the distance between rows of a strip. A panel of this
  /// depth (16 or 32 KB) is read from the first or second level of cache, a strip (4 KB) from the
  /// first.
  static final int DEPTH = 256;

  /// Whether eight rows of one vector are faster than four of two. They are not with 16 registers:
  /// C2 broadcasts all eight numbers first.
  private static final boolean NARROW = WIDTH == 16;

  private static final float[] ZEROS = new float[2 * ROWS];

  private Tile() {}

  /// Computes `c = start + block · panel`, or adds it to `c`. The last strip and the panel may hang
  /// over the edge of `c`: only `rows × columns` numbers are stored.
  ///
  /// @param block strips of [#ROWS]·[#DEPTH] numbers, as many as `rows` need
  /// @param byColumns whether the columns of a strip lie one after another
  /// @param panel `depth` rows of [#COLUMNS] numbers
  /// @param start what each row's sums begin with, for whole strips of rows; null for 0
  /// @param cStride the distance between the rows of `c`
  static void multiplyRows(
      float[] block,
      int blockAt,
      boolean byColumns,
      int rows,
      float[] panel,
      int panelAt,
      int columns,
      int depth,
      float @Nullable [] start,
      int startAt,
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    int row = 0;
    while (row < rows) {
      boolean narrow = NARROW && !byColumns && columns <= WIDTH && rows - row > ROWS;
      int height = narrow ? 2 * ROWS : ROWS;
      int here = Math.min(height, rows - row);
      boolean whole = here == height && columns == (narrow ? WIDTH : COLUMNS);
      float[] to = whole ? c : Scratch.floats(Scratch.Use.TILE, 2 * ROWS * COLUMNS);
      int toAt = whole ? cAt + row * cStride : 0;
      int toStride = whole ? cStride : COLUMNS;
      boolean add = whole && accumulate;
      int at = blockAt + row * DEPTH;
      float[] from = start == null ? ZEROS : start;
      int fromAt = start == null ? 0 : startAt + row;
      if (narrow) {
        TileLoops.narrow(block, at, panel, panelAt, depth, from, fromAt, to, toAt, toStride, add);
      } else if (byColumns) {
        TileLoops.columns(block, at, panel, panelAt, depth, from, fromAt, to, toAt, toStride, add);
      } else {
        TileLoops.rows(block, at, panel, panelAt, depth, from, fromAt, to, toAt, toStride, add);
      }
      if (!whole) {
        copyTile(to, here, columns, c, cAt + row * cStride, cStride, accumulate);
      }
      row += height;
    }
  }

  /// Computes what [#multiplyRows] does, by rows, with a panel of [#COLUMNS] columns that is read
  /// in place: row `k` is the vectors at `leftAt + distances[k]` and `rightAt + distances[k]` of
  /// `data`.
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
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    for (int row = 0; row < rows; row += ROWS) {
      boolean whole = row + ROWS <= rows;
      float[] to = whole ? c : Scratch.floats(Scratch.Use.TILE, 2 * ROWS * COLUMNS);
      TileLoops.inPlace(
          block,
          blockAt + row * DEPTH,
          data,
          leftAt,
          rightAt,
          distances,
          distancesAt,
          depth,
          start == null ? ZEROS : start,
          start == null ? 0 : startAt + row,
          to,
          whole ? cAt + row * cStride : 0,
          whole ? cStride : COLUMNS,
          whole && accumulate);
      if (!whole) {
        copyTile(to, rows - row, COLUMNS, c, cAt + row * cStride, cStride, accumulate);
      }
    }
  }

  private static void copyTile(
      float[] tile, int rows, int columns, float[] c, int cAt, int cStride, boolean accumulate) {
    for (int i = 0; i < rows; i++) {
      int from = i * COLUMNS;
      int to = cAt + i * cStride;
      for (int j = 0; j < columns; j++) {
        c[to + j] = accumulate ? c[to + j] + tile[from + j] : tile[from + j];
      }
    }
  }

  /// Returns a number of rows rounded up to whole strips.
  static int wholeStrips(int rows) {
    return (rows + ROWS - 1) / ROWS * ROWS;
  }
}
