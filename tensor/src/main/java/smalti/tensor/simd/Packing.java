package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Copies parts of matrices of any strides into the order in which [Tile] reads them. A transposed
/// matrix is one with other strides; it is never copied as a whole.
final class Packing {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;

  /// Columns that are transposed together.
  private static final int LINE = 8;

  private Packing() {}

  /// Copies `rows × depth` numbers to rows [Tile#DEPTH] apart and fills the last strip with zeros.
  static void block(
      float[] from,
      int at,
      int rowStride,
      int columnStride,
      int rows,
      int depth,
      float[] block,
      int blockAt) {
    if (columnStride == 1) {
      for (int i = 0; i < rows; i++) {
        System.arraycopy(from, at + i * rowStride, block, blockAt + i * Tile.DEPTH, depth);
      }
    } else {
      int i = 0;
      if (rowStride == 1) {
        for (; i + LINE <= rows; i += LINE) {
          transposeToRows(from, at + i, columnStride, depth, block, blockAt + i * Tile.DEPTH);
        }
      }
      for (; i < rows; i++) {
        int to = blockAt + i * Tile.DEPTH;
        for (int k = 0; k < depth; k++) {
          block[to + k] = from[at + i * rowStride + k * columnStride];
        }
      }
    }
    for (int i = rows; i < Tile.wholeStrips(rows); i++) {
      Arrays.fill(block, blockAt + i * Tile.DEPTH, blockAt + i * Tile.DEPTH + depth, 0);
    }
  }

  /// Transposes [#LINE] neighbouring columns.
  private static void transposeToRows(
      float[] from, int at, int stride, int depth, float[] block, int blockAt) {
    for (int k = 0; k < depth; k++) {
      for (int i = 0; i < LINE; i++) {
        block[blockAt + k + i * Tile.DEPTH] = from[at + k * stride + i];
      }
    }
  }

  /// Copies `depth × columns` numbers to rows of [Tile#COLUMNS], filled up with zeros.
  static void panel(
      float[] from,
      int at,
      int rowStride,
      int columnStride,
      int depth,
      int columns,
      float[] panel,
      int panelAt) {
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
