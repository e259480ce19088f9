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
/// The strip's rows lie [#DEPTH] apart, a constant, so that one register addresses all four.
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

  private static void store(
      FloatVector left, FloatVector right, float[] c, int at, boolean accumulate) {
    if (accumulate) {
      left.add(FloatVector.fromArray(LANES, c, at)).intoArray(c, at);
      right.add(FloatVector.fromArray(LANES, c, at + WIDTH)).intoArray(c, at + WIDTH);
    } else {
      left.intoArray(c, at);
      right.intoArray(c, at + WIDTH);
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
    if (columns == COLUMNS) {
      for (; row + ROWS <= rows; row += ROWS) {
        int at = blockAt + row * DEPTH;
        multiply(block, at, panel, panelAt, depth, c, cAt + row * cStride, cStride, accumulate);
      }
    }
    for (; row < rows; row += ROWS) {
      float[] tile = Scratch.floats(Scratch.Use.TILE, ROWS * COLUMNS);
      multiply(block, blockAt + row * DEPTH, panel, panelAt, depth, tile, 0, COLUMNS, false);
      int here = Math.min(ROWS, rows - row);
      copyTile(tile, here, columns, c, cAt + row * cStride, cStride, accumulate);
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
