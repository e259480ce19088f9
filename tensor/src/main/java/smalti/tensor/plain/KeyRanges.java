package smalti.tensor.plain;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import smalti.tensor.AttentionPattern;

/// Lists the runs of keys that each query sees under a pattern, and the spans of keys that each
/// block of queries needs.
///
/// The scores of a block are computed for its spans only and stored side by side; a run knows the
/// column at which its scores begin.
final class KeyRanges {
  /// The number of queries in a block.
  static final int BLOCK = 32;

  private static final int BRIDGE = 16; // spans closer than this are joined
  private static final int CACHED = 256;
  private static final Map<Id, KeyRanges> CACHE = new ConcurrentHashMap<>();

  private record Id(AttentionPattern pattern, int queries, int keys, int offset) {}

  /// Is a run of keys `[start, end)`, whose scores begin at `column`.
  record Run(int start, int end, int column) {
    int length() {
      return end - start;
    }
  }

  private final Run[][] runs; // of each query
  private final Run[][] spans; // of each block
  private final int[] columns; // of each block

  private KeyRanges(Id id) {
    int blocks = (id.queries + BLOCK - 1) / BLOCK;
    runs = new Run[id.queries][];
    spans = new Run[blocks][];
    columns = new int[blocks];
    boolean[] seen = new boolean[id.keys];
    for (int block = 0; block < blocks; block++) {
      int start = block * BLOCK;
      int end = Math.min(id.queries, start + BLOCK);
      Arrays.fill(seen, false);
      for (int q = start; q < end; q++) {
        mark(id, q, seen);
      }
      spans[block] = bridged(seen);
      for (Run span : spans[block]) {
        columns[block] += span.length();
      }
      for (int q = start; q < end; q++) {
        Arrays.fill(seen, false);
        mark(id, q, seen);
        runs[q] = placed(seen, spans[block]);
      }
    }
  }

  /// Returns the ranges of queries at positions `offset`, `offset + 1`, … over `keys` keys.
  static KeyRanges of(AttentionPattern pattern, int queries, int keys, int offset) {
    Id id = new Id(pattern, queries, keys, offset);
    if (queries == 1) { // while sampling, every step is another one
      return new KeyRanges(id);
    }
    if (CACHE.size() > CACHED) {
      CACHE.clear();
    }
    return CACHE.computeIfAbsent(id, KeyRanges::new);
  }

  /// Returns the runs of keys that a query sees, in order.
  Run[] runs(int query) {
    return runs[query];
  }

  /// Returns the spans of keys that the block of queries from `BLOCK·block` needs.
  Run[] spans(int block) {
    return spans[block];
  }

  /// Returns the number of keys in the spans of a block.
  int columns(int block) {
    return columns[block];
  }

  /// Returns the number of blocks.
  int blocks() {
    return spans.length;
  }

  private static void mark(Id id, int query, boolean[] seen) {
    for (int key = 0; key < seen.length; key++) {
      seen[key] |= id.pattern.allows(id.offset + query, key);
    }
  }

  private static Run[] bridged(boolean[] seen) {
    Run[] found = new Run[seen.length];
    int n = 0;
    int column = 0;
    for (int from = next(seen, 0, true); from < seen.length; ) {
      int to = next(seen, from, false);
      int gapEnd = next(seen, to, true);
      while (gapEnd < seen.length && gapEnd - to < BRIDGE) {
        to = next(seen, gapEnd, false);
        gapEnd = next(seen, to, true);
      }
      found[n++] = new Run(from, to, column);
      column += to - from;
      from = gapEnd;
    }
    return Arrays.copyOf(found, n);
  }

  private static Run[] placed(boolean[] seen, Run[] spans) {
    Run[] found = new Run[seen.length];
    int n = 0;
    for (Run span : spans) {
      int from = next(seen, span.start, true);
      while (from < span.end) {
        int to = next(seen, from, false);
        found[n++] = new Run(from, to, span.column + from - span.start);
        from = next(seen, to, true);
      }
    }
    return Arrays.copyOf(found, n);
  }

  private static int next(boolean[] seen, int from, boolean value) {
    int i = from;
    while (i < seen.length && seen[i] != value) {
      i++;
    }
    return i;
  }
}
