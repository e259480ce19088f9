package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Copies parts of matrices of any strides into the order in which [Tile] reads them. A transposed
/// matrix is one with other strides; it is never copied as a whole.
///
/// All that with vectors of one width. Once a program uses a second width (`SPECIES_128` beside 256
/// bits), C2 knows less about the vectors in [SixRowLoops], keeps a sum in an object and takes
/// three times as long.
final class Packing {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;
  private static final VectorShuffle<Float> FIRST_HALVES = VectorShuffle.makeZip(LANES, 0);
  private static final VectorShuffle<Float> SECOND_HALVES = VectorShuffle.makeZip(LANES, 1);

  private Packing() {}

  /// Copies `rows × depth` numbers to strips: the rows in pairs, [Tile#DEPTH] steps of two numbers
  /// each. The last strip is filled up with zeros.
  static void block(Matrix from, int rows, int depth, float[] block, int blockAt) {
    int i = 0;
    if (from.rowStride() == 1) {
      for (; i + Transpose.ROWS <= rows; i += Transpose.ROWS) {
        int stride = from.columnStride();
        Transpose.fourPairs(
            from.data(), from.at() + i, stride, depth, block, at(blockAt, i), 2 * Tile.DEPTH);
      }
    }
    for (; i + 2 <= rows; i += 2) {
      if (from.columnStride() == 1) {
        int at = from.at() + i * from.rowStride();
        interleave(from.data(), at, at + from.rowStride(), depth, block, at(blockAt, i));
      } else {
        row(from, i, depth, block, at(blockAt, i));
        row(from, i + 1, depth, block, at(blockAt, i) + 1);
      }
    }
    int filled = blockAt + Tile.wholeStrips(rows) * Tile.DEPTH;
    for (int pair = at(blockAt, i); pair < filled; pair += 2 * Tile.DEPTH) {
      Arrays.fill(block, pair, pair + 2 * depth, 0);
    }
    if (i < rows) {
      row(from, i, depth, block, at(blockAt, i));
    }
  }

  /// Does what [#block] does with dense rows that begin anywhere.
  static void rows(float[] from, int[] rowAt, int depth, float[] block) {
    int rows = rowAt.length;
    for (int i = 0; i < rows; i += 2) {
      // A row that has no other makes a pair with itself: a strip of more rows is not stored there.
      interleave(from, rowAt[i], rowAt[Math.min(i + 1, rows - 1)], depth, block, at(0, i));
    }
    int filled = Tile.wholeStrips(rows) * Tile.DEPTH;
    for (int pair = at(0, (rows + 1) / 2 * 2); pair < filled; pair += 2 * Tile.DEPTH) {
      Arrays.fill(block, pair, pair + 2 * depth, 0);
    }
  }

  /// Returns where a pair of rows begins in a block.
  private static int at(int blockAt, int evenRow) {
    return blockAt + evenRow * Tile.DEPTH;
  }

  /// Copies a row to every other place.
  private static void row(Matrix from, int row, int depth, float[] block, int blockAt) {
    float[] data = from.data();
    int at = from.at() + row * from.rowStride();
    int stride = from.columnStride();
    for (int k = 0; k < depth; k++) {
      block[blockAt + 2 * k] = data[at + k * stride];
    }
  }

  /// Copies two dense rows.
  private static void interleave(
      float[] from, int at0, int at1, int depth, float[] block, int blockAt) {
    int k = 0;
    for (; k <= depth - LANES.length(); k += LANES.length()) {
      FloatVector a = FloatVector.fromArray(LANES, from, at0 + k);
      FloatVector b = FloatVector.fromArray(LANES, from, at1 + k);
      int to = blockAt + 2 * k;
      a.rearrange(FIRST_HALVES, b).intoArray(block, to);
      a.rearrange(SECOND_HALVES, b).intoArray(block, to + LANES.length());
    }
    for (; k < depth; k++) {
      block[blockAt + 2 * k] = from[at0 + k];
      block[blockAt + 2 * k + 1] = from[at1 + k];
    }
  }

  /// Does what [#panel] does with neighbouring panels. Those of dense rows are copied together:
  /// from a row more than one line of the cache.
  ///
  /// @param pitch numbers from one panel to the next
  static void panels(
      Matrix matrix, int depth, int columns, float[] panels, int panelAt, int pitch) {
    int whole = matrix.columnStride() == 1 ? columns / Tile.COLUMNS : 0;
    float[] from = matrix.data();
    wholeRows(from, matrix.at(), matrix.rowStride(), depth, whole, panels, panelAt, pitch);
    for (int panel = whole; panel * Tile.COLUMNS < columns; panel++) {
      int column = panel * Tile.COLUMNS;
      int here = Math.min(Tile.COLUMNS, columns - column);
      panel(matrix.from(0, column), depth, here, panels, panelAt + panel * pitch);
    }
  }

  /// Copies `depth × columns` numbers to rows of [Tile#COLUMNS], filled up with zeros.
  static void panel(Matrix matrix, int depth, int columns, float[] panel, int panelAt) {
    float[] from = matrix.data();
    int at = matrix.at();
    int rowStride = matrix.rowStride();
    int columnStride = matrix.columnStride();
    if (columns < Tile.COLUMNS) {
      Arrays.fill(panel, panelAt, panelAt + depth * Tile.COLUMNS, 0);
    }
    if (columnStride == 1 && columns == Tile.COLUMNS) {
      wholeRows(from, at, rowStride, depth, 1, panel, panelAt, 0);
    } else if (columnStride == 1) {
      for (int k = 0; k < depth; k++) {
        System.arraycopy(from, at + k * rowStride, panel, panelAt + k * Tile.COLUMNS, columns);
      }
    } else {
      int j = 0;
      if (rowStride == 1) {
        for (; j + Transpose.ROWS <= columns; j += Transpose.ROWS) {
          Transpose.eightRows(
              from, at + j * columnStride, columnStride, depth, panel, panelAt + j, Tile.COLUMNS);
        }
      }
      for (; j < columns; j++) {
        for (int k = 0; k < depth; k++) {
          panel[panelAt + k * Tile.COLUMNS + j] = from[at + j * columnStride + k * rowStride];
        }
      }
    }
  }

  private static void wholeRows(
      float[] from,
      int at,
      int stride,
      int depth,
      int count,
      float[] panels,
      int panelAt,
      int pitch) {
    for (int k = 0; k < depth; k++) {
      for (int p = 0; p < count; p++) {
        int row = at + k * stride + p * Tile.COLUMNS;
        int to = panelAt + p * pitch + k * Tile.COLUMNS;
        for (int j = 0; j < Tile.COLUMNS; j += LANES.length()) {
          FloatVector.fromArray(LANES, from, row + j).intoArray(panels, to + j);
        }
      }
    }
  }
}
