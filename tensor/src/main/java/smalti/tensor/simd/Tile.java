package smalti.tensor.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Multiplies a strip of four packed rows with a packed panel two vectors wide: the innermost part
/// of every matrix product and convolution.
///
/// The tile of `C` stays in eight registers while the loop runs down the panel: each step loads two
/// vectors of the panel and broadcasts four numbers of the strip, for eight multiply-adds. Eight is
/// what fills the two multiply-add units of AVX2 machines (latency 4), and about the most that C2
/// keeps in registers there: with ten accumulators, or the loop unrolled by hand, it spills and the
/// tile runs at less than half the speed.
///
/// The strip's rows lie [#DEPTH] apart, a constant, so that one register addresses all four. Where
/// only one vector of columns is left, eight rows of one vector replace four rows of two, on
/// machines with 32 vector registers.
final class Tile {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;
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

  private Tile() {}

  /// Computes `c = strip · panel`, or adds it to `c`.
  ///
  /// @param strip four rows of `depth` numbers, [#DEPTH] apart
  /// @param panel `depth` rows of [#COLUMNS] numbers
  /// @param cStride the distance between the rows of `c`
  static void multiply(
      float[] strip,
      int stripAt,
      float[] panel,
      int panelAt,
      int depth,
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    FloatVector c00 = FloatVector.zero(LANES);
    FloatVector c01 = FloatVector.zero(LANES);
    FloatVector c10 = FloatVector.zero(LANES);
    FloatVector c11 = FloatVector.zero(LANES);
    FloatVector c20 = FloatVector.zero(LANES);
    FloatVector c21 = FloatVector.zero(LANES);
    FloatVector c30 = FloatVector.zero(LANES);
    FloatVector c31 = FloatVector.zero(LANES);
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromArray(LANES, panel, panelAt + k * COLUMNS);
      FloatVector b1 = FloatVector.fromArray(LANES, panel, panelAt + k * COLUMNS + WIDTH);
      FloatVector a0 = FloatVector.broadcast(LANES, strip[stripAt + k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, strip[stripAt + k + DEPTH]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(LANES, strip[stripAt + k + 2 * DEPTH]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, strip[stripAt + k + 3 * DEPTH]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    store(c00, c01, c, cAt, accumulate);
    store(c10, c11, c, cAt + cStride, accumulate);
    store(c20, c21, c, cAt + 2 * cStride, accumulate);
    store(c30, c31, c, cAt + 3 * cStride, accumulate);
  }

  /// Computes what [#multiply] does for eight rows (two strips) and the left half of the panel.
  private static void multiplyNarrow(
      float[] strips,
      int stripsAt,
      float[] panel,
      int panelAt,
      int depth,
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    FloatVector c0 = FloatVector.zero(LANES);
    FloatVector c1 = FloatVector.zero(LANES);
    FloatVector c2 = FloatVector.zero(LANES);
    FloatVector c3 = FloatVector.zero(LANES);
    FloatVector c4 = FloatVector.zero(LANES);
    FloatVector c5 = FloatVector.zero(LANES);
    FloatVector c6 = FloatVector.zero(LANES);
    FloatVector c7 = FloatVector.zero(LANES);
    for (int k = 0; k < depth; k++) {
      FloatVector b = FloatVector.fromArray(LANES, panel, panelAt + k * COLUMNS);
      int at = stripsAt + k;
      c0 = FloatVector.broadcast(LANES, strips[at]).fma(b, c0);
      c1 = FloatVector.broadcast(LANES, strips[at + DEPTH]).fma(b, c1);
      c2 = FloatVector.broadcast(LANES, strips[at + 2 * DEPTH]).fma(b, c2);
      c3 = FloatVector.broadcast(LANES, strips[at + 3 * DEPTH]).fma(b, c3);
      c4 = FloatVector.broadcast(LANES, strips[at + 4 * DEPTH]).fma(b, c4);
      c5 = FloatVector.broadcast(LANES, strips[at + 5 * DEPTH]).fma(b, c5);
      c6 = FloatVector.broadcast(LANES, strips[at + 6 * DEPTH]).fma(b, c6);
      c7 = FloatVector.broadcast(LANES, strips[at + 7 * DEPTH]).fma(b, c7);
    }
    store(c0, c, cAt, accumulate);
    store(c1, c, cAt + cStride, accumulate);
    store(c2, c, cAt + 2 * cStride, accumulate);
    store(c3, c, cAt + 3 * cStride, accumulate);
    store(c4, c, cAt + 4 * cStride, accumulate);
    store(c5, c, cAt + 5 * cStride, accumulate);
    store(c6, c, cAt + 6 * cStride, accumulate);
    store(c7, c, cAt + 7 * cStride, accumulate);
  }

  /// Computes what [#multiply] does, with the panel read in place: row `k` is the vectors at
  /// `leftAt + distances[k]` and `rightAt + distances[k]` of `data`.
  static void multiplyInPlace(
      float[] strip,
      int stripAt,
      float[] data,
      int leftAt,
      int rightAt,
      int[] distances,
      int distancesAt,
      int depth,
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    FloatVector c00 = FloatVector.zero(LANES);
    FloatVector c01 = FloatVector.zero(LANES);
    FloatVector c10 = FloatVector.zero(LANES);
    FloatVector c11 = FloatVector.zero(LANES);
    FloatVector c20 = FloatVector.zero(LANES);
    FloatVector c21 = FloatVector.zero(LANES);
    FloatVector c30 = FloatVector.zero(LANES);
    FloatVector c31 = FloatVector.zero(LANES);
    for (int k = 0; k < depth; k++) {
      int distance = distances[distancesAt + k];
      FloatVector b0 = FloatVector.fromArray(LANES, data, leftAt + distance);
      FloatVector b1 = FloatVector.fromArray(LANES, data, rightAt + distance);
      FloatVector a0 = FloatVector.broadcast(LANES, strip[stripAt + k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, strip[stripAt + k + DEPTH]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(LANES, strip[stripAt + k + 2 * DEPTH]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, strip[stripAt + k + 3 * DEPTH]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    store(c00, c01, c, cAt, accumulate);
    store(c10, c11, c, cAt + cStride, accumulate);
    store(c20, c21, c, cAt + 2 * cStride, accumulate);
    store(c30, c31, c, cAt + 3 * cStride, accumulate);
  }

  private static void store(
      FloatVector left, FloatVector right, float[] c, int at, boolean accumulate) {
    store(left, c, at, accumulate);
    store(right, c, at + WIDTH, accumulate);
  }

  private static void store(FloatVector v, float[] c, int at, boolean accumulate) {
    if (accumulate) {
      v.add(FloatVector.fromArray(LANES, c, at)).intoArray(c, at);
    } else {
      v.intoArray(c, at);
    }
  }

  /// Computes what [#multiply] does for all rows of a packed block, of which the last strip and the
  /// panel may hang over the edge of `c`: only `rows × columns` numbers are stored.
  ///
  /// @param block rows [#DEPTH] apart, as many as `rows` rounded up to strips
  static void multiplyRows(
      float[] block,
      int blockAt,
      int rows,
      float[] panel,
      int panelAt,
      int columns,
      int depth,
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    int row = 0;
    while (row < rows) {
      int at = blockAt + row * DEPTH;
      int to = cAt + row * cStride;
      boolean narrow = NARROW && columns <= WIDTH && rows - row > ROWS;
      int height = narrow ? 2 * ROWS : ROWS;
      int here = Math.min(height, rows - row);
      if (here == height && columns == COLUMNS) {
        multiply(block, at, panel, panelAt, depth, c, to, cStride, accumulate);
      } else if (here == height && narrow && columns == WIDTH) {
        multiplyNarrow(block, at, panel, panelAt, depth, c, to, cStride, accumulate);
      } else {
        float[] tile = Scratch.floats(Scratch.Use.TILE, 2 * ROWS * COLUMNS);
        if (narrow) {
          multiplyNarrow(block, at, panel, panelAt, depth, tile, 0, COLUMNS, false);
        } else {
          multiply(block, at, panel, panelAt, depth, tile, 0, COLUMNS, false);
        }
        copyTile(tile, here, columns, c, to, cStride, accumulate);
      }
      row += height;
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
