package smalti.gpu;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import smalti.tensor.AttentionPattern;

/// Tells the kernels of attention which tiles of scores to compute: those in which some query sees
/// some key, and no others. All of it follows from [AttentionPattern#allows]; the kernels know no
/// pattern.
///
/// A tile has [#ROWS] queries by [#COLUMNS] keys, or, where a kernel owns the keys, so many keys by
/// queries. Both stand in the pattern's order. The words, whose places count from the first:
///
/// - where the order of the columns begins, and where the starts begin; the order of the rows
/// - the order of the columns
/// - for each block of rows where its tiles begin, and where the last one's end
/// - for each tile its first column and the place of its mask
/// - masks: for each row of a tile the columns that it computes, the first in bit 0
final class AttentionTable {
  private static final int ROWS = 64;
  private static final int COLUMNS = 16;
  private static final int CACHED = 64;
  private static final Map<Id, int[]> CACHE = new ConcurrentHashMap<>();

  private record Id(
      AttentionPattern pattern, int queries, int keys, int offset, boolean rowsAreKeys) {
    boolean sees(int row, int column) {
      return rowsAreKeys
          ? pattern.allows(offset + column, row)
          : pattern.allows(offset + row, column);
    }
  }

  private AttentionTable() {}

  /// Returns the words for queries at positions `offset`, `offset + 1`, …
  ///
  /// @param rowsAreKeys whether a kernel owns the keys
  static int[] of(
      AttentionPattern pattern, int queries, int keys, int offset, boolean rowsAreKeys) {
    if (CACHE.size() > CACHED) {
      CACHE.clear();
    }
    return CACHE.computeIfAbsent(
        new Id(pattern, queries, keys, offset, rowsAreKeys), AttentionTable::words);
  }

  private static int[] words(Id id) {
    int[] keyAt = id.pattern.order(id.keys);
    int[] queryAt =
        id.offset == 0 && id.queries == id.keys
            ? keyAt
            : new AttentionPattern.Causal().order(id.queries);
    int[] rows = id.rowsAreKeys ? keyAt : queryAt;
    int[] columns = id.rowsAreKeys ? queryAt : keyAt;
    int blocks = (rows.length + ROWS - 1) / ROWS;
    int columnsAt = 2 + rows.length;
    int startsAt = columnsAt + columns.length;
    int tilesAt = startsAt + blocks + 1;

    int[] starts = new int[blocks + 1];
    List<int[]> tiles = new ArrayList<>();
    Map<IntBuffer, Integer> masks = new HashMap<>();
    List<int[]> inOrder = new ArrayList<>();
    for (int b = 0; b < blocks; b++) {
      starts[b] = tilesAt + 2 * tiles.size();
      for (int first = 0; first < columns.length; first += COLUMNS) {
        int[] mask = mask(id, rows, columns, b * ROWS, first);
        if (Arrays.stream(mask).anyMatch(m -> m != 0)) {
          int number = masks.computeIfAbsent(IntBuffer.wrap(mask), m -> inOrder.size());
          if (number == inOrder.size()) {
            inOrder.add(mask);
          }
          tiles.add(new int[] {first, number});
        }
      }
    }
    int masksAt = tilesAt + 2 * tiles.size();
    starts[blocks] = masksAt;

    int[] words = new int[masksAt + ROWS * inOrder.size()];
    words[0] = columnsAt;
    words[1] = startsAt;
    System.arraycopy(rows, 0, words, 2, rows.length);
    System.arraycopy(columns, 0, words, columnsAt, columns.length);
    System.arraycopy(starts, 0, words, startsAt, starts.length);
    for (int t = 0; t < tiles.size(); t++) {
      words[tilesAt + 2 * t] = tiles.get(t)[0];
      words[tilesAt + 2 * t + 1] = masksAt + ROWS * tiles.get(t)[1];
    }
    for (int m = 0; m < inOrder.size(); m++) {
      System.arraycopy(inOrder.get(m), 0, words, masksAt + ROWS * m, ROWS);
    }
    return words;
  }

  private static int[] mask(Id id, int[] rows, int[] columns, int firstRow, int firstColumn) {
    int[] mask = new int[ROWS];
    for (int r = firstRow; r < Math.min(rows.length, firstRow + ROWS); r++) {
      for (int c = firstColumn; c < Math.min(columns.length, firstColumn + COLUMNS); c++) {
        mask[r - firstRow] |= id.sees(rows[r], columns[c]) ? 1 << (c - firstColumn) : 0;
      }
    }
    return mask;
  }
}
