package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Copies parts of matrices of any strides into the order in which [Tile] reads them. A transposed
/// matrix is one with other strides; it is never copied as a whole.
final class Packing {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;
  private static final VectorSpecies<Float> TWO = FloatVector.SPECIES_64;
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final VectorShuffle<Float> FOUR_FIRST = VectorShuffle.makeZip(FOUR, 0);
  private static final VectorShuffle<Float> FOUR_SECOND = VectorShuffle.makeZip(FOUR, 1);
  private static final VectorShuffle<Float> FIRST_HALVES = VectorShuffle.makeZip(LANES, 0);
  private static final VectorShuffle<Float> SECOND_HALVES = VectorShuffle.makeZip(LANES, 1);

  private Packing() {}

  /// Copies `rows × depth` numbers to strips: the rows in pairs, [Tile#DEPTH] steps of two numbers
  /// each. The last strip is filled up with zeros.
  static void block(Matrix from, int rows, int depth, float[] block, int blockAt) {
    int i = 0;
    if (from.rowStride() == 1) {
      for (; i + 8 <= rows; i += 8) {
        fourPairs(from.data(), from.at() + i, from.columnStride(), depth, block, at(blockAt, i));
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

  /// Copies eight rows whose columns are dense: half a line of the cache at a time.
  private static void fourPairs(
      float[] from, int at, int stride, int depth, float[] block, int blockAt) {
    for (int k = 0; k < depth; k++) {
      int line = at + k * stride;
      int to = blockAt + 2 * k;
      FloatVector.fromArray(TWO, from, line).intoArray(block, to);
      FloatVector.fromArray(TWO, from, line + 2).intoArray(block, to + 2 * Tile.DEPTH);
      FloatVector.fromArray(TWO, from, line + 4).intoArray(block, to + 4 * Tile.DEPTH);
      FloatVector.fromArray(TWO, from, line + 6).intoArray(block, to + 6 * Tile.DEPTH);
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
      wholeRows(from, at, rowStride, depth, panel, panelAt);
    } else if (columnStride == 1) {
      for (int k = 0; k < depth; k++) {
        System.arraycopy(from, at + k * rowStride, panel, panelAt + k * Tile.COLUMNS, columns);
      }
    } else {
      int j = 0;
      if (rowStride == 1) {
        for (; j + 4 <= columns; j += 4) {
          transposeToColumns(from, at + j * columnStride, columnStride, depth, panel, panelAt + j);
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
      float[] from, int at, int stride, int depth, float[] panel, int panelAt) {
    for (int k = 0; k < depth; k++) {
      for (int j = 0; j < Tile.COLUMNS; j += LANES.length()) {
        FloatVector.fromArray(LANES, from, at + k * stride + j)
            .intoArray(panel, panelAt + k * Tile.COLUMNS + j);
      }
    }
  }

  /// Transposes four rows, blocks of 4×4 numbers at a time: zipped with the row after the next, and
  /// zipped again.
  private static void transposeToColumns(
      float[] from, int at, int stride, int depth, float[] panel, int panelAt) {
    int k = 0;
    for (; k <= depth - 4; k += 4) {
      int line = at + k;
      FloatVector a = FloatVector.fromArray(FOUR, from, line);
      FloatVector b = FloatVector.fromArray(FOUR, from, line + stride);
      FloatVector c = FloatVector.fromArray(FOUR, from, line + 2 * stride);
      FloatVector d = FloatVector.fromArray(FOUR, from, line + 3 * stride);
      FloatVector ac = a.rearrange(FOUR_FIRST, c);
      FloatVector bd = b.rearrange(FOUR_FIRST, d);
      int to = panelAt + k * Tile.COLUMNS;
      ac.rearrange(FOUR_FIRST, bd).intoArray(panel, to);
      ac.rearrange(FOUR_SECOND, bd).intoArray(panel, to + Tile.COLUMNS);
      FloatVector ac2 = a.rearrange(FOUR_SECOND, c);
      FloatVector bd2 = b.rearrange(FOUR_SECOND, d);
      ac2.rearrange(FOUR_FIRST, bd2).intoArray(panel, to + 2 * Tile.COLUMNS);
      ac2.rearrange(FOUR_SECOND, bd2).intoArray(panel, to + 3 * Tile.COLUMNS);
    }
    for (; k < depth; k++) {
      int to = panelAt + k * Tile.COLUMNS;
      panel[to] = from[at + k];
      panel[to + 1] = from[at + stride + k];
      panel[to + 2] = from[at + 2 * stride + k];
      panel[to + 3] = from[at + 3 * stride + k];
    }
  }
}
