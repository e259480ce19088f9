package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Copies parts of matrices of any strides into the order in which [Tile] reads them. A transposed
/// matrix is one with other strides; it is never copied as a whole.
final class Packing {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;

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
        for (; i + 4 <= rows; i += 4) {
          fourRows(from, at + i, columnStride, depth, block, blockAt + i * Tile.DEPTH);
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

  /// Transposes four neighbouring columns.
  private static void fourRows(
      float[] from, int at, int stride, int depth, float[] block, int blockAt) {
    for (int k = 0; k < depth; k++) {
      int source = at + k * stride;
      block[blockAt + k] = from[source];
      block[blockAt + k + Tile.DEPTH] = from[source + 1];
      block[blockAt + k + 2 * Tile.DEPTH] = from[source + 2];
      block[blockAt + k + 3 * Tile.DEPTH] = from[source + 3];
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
          fourColumns(from, at + j * columnStride, columnStride, depth, panel, panelAt + j);
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
  private static void fourColumns(
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
