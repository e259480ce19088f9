package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Copies parts of matrices of any strides into the order in which [Tile] reads them. A transposed
/// matrix is one with other strides; it is never copied as a whole.
final class Packing {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;

  /// As many lanes as a strip has rows.
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;

  private Packing() {}

  /// Returns whether strips of a matrix are packed by columns: where those lie dense and rows do
  /// not.
  static boolean byColumns(Matrix a) {
    return a.rowStride() == 1 && a.columnStride() != 1;
  }

  /// Copies `rows × depth` numbers to strips, by rows or [#byColumns], and fills the last with
  /// zeros.
  static void block(Matrix from, int rows, int depth, float[] block, int blockAt) {
    if (byColumns(from)) {
      blockByColumns(from, rows, depth, block, blockAt);
      return;
    }
    for (int i = 0; i < rows; i++) {
      int at = from.at() + i * from.rowStride();
      int to = blockAt + i * Tile.DEPTH;
      if (from.columnStride() == 1) {
        System.arraycopy(from.data(), at, block, to, depth);
      } else {
        for (int k = 0; k < depth; k++) {
          block[to + k] = from.data()[at + k * from.columnStride()];
        }
      }
    }
    for (int i = rows; i < Tile.wholeStrips(rows); i++) {
      Arrays.fill(block, blockAt + i * Tile.DEPTH, blockAt + i * Tile.DEPTH + depth, 0);
    }
  }

  private static void blockByColumns(Matrix from, int rows, int depth, float[] block, int blockAt) {
    float[] data = from.data();
    int stride = from.columnStride();
    int i = 0;
    for (; i + 4 * Tile.ROWS <= rows; i += 4 * Tile.ROWS) {
      fourStrips(data, from.at() + i, stride, depth, block, blockAt + i * Tile.DEPTH);
    }
    for (; i < rows; i += Tile.ROWS) {
      int here = Math.min(Tile.ROWS, rows - i);
      for (int k = 0; k < depth; k++) {
        int at = from.at() + k * stride + i;
        int to = blockAt + i * Tile.DEPTH + k * Tile.ROWS;
        for (int r = 0; r < Tile.ROWS; r++) {
          block[to + r] = r < here ? data[at + r] : 0;
        }
      }
    }
  }

  /// Copies sixteen neighbouring rows: a line of the cache at a time.
  private static void fourStrips(
      float[] from, int at, int stride, int depth, float[] block, int blockAt) {
    for (int k = 0; k < depth; k++) {
      int line = at + k * stride;
      int to = blockAt + k * Tile.ROWS;
      FloatVector.fromArray(FOUR, from, line).intoArray(block, to);
      FloatVector.fromArray(FOUR, from, line + 4).intoArray(block, to + 4 * Tile.DEPTH);
      FloatVector.fromArray(FOUR, from, line + 8).intoArray(block, to + 8 * Tile.DEPTH);
      FloatVector.fromArray(FOUR, from, line + 12).intoArray(block, to + 12 * Tile.DEPTH);
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

  /// Transposes four rows.
  private static void transposeToColumns(
      float[] from, int at, int stride, int depth, float[] panel, int panelAt) {
    for (int k = 0; k < depth; k++) {
      int to = panelAt + k * Tile.COLUMNS;
      panel[to] = from[at + k];
      panel[to + 1] = from[at + stride + k];
      panel[to + 2] = from[at + 2 * stride + k];
      panel[to + 3] = from[at + 3 * stride + k];
    }
  }
}
