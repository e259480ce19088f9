package smalti.tensor.simd;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import smalti.tensor.AttentionPattern;

/// Says in which order attention takes queries and keys, and which parts of the scores it computes.
///
/// Keys and queries take *slots* in an order that puts what belongs together side by side: the
/// image part of a column pattern goes column by column, all others as they come. Scores are
/// computed for [#ROWS] queries at a time (a *strip*), for windows of keys that cover all that one
/// of them sees, in tiles of [#PANEL] that begin anywhere, or half ones. For each block of queries
/// the plan lists the chunks of [#CHUNK] keys of which some query sees one; what is not listed is
/// never computed, so that time is in proportion to the pairs that see each other, up to tiles.
/// Where a window also has pairs that do not, there is a mask. All of it follows from
/// [AttentionPattern#allows].
final class AttentionPlan {
  /// Queries in a strip.
  static final int ROWS = 6;

  /// Keys in a tile: two vectors.
  static final int PANEL = 2 * Lanes.COUNT;

  /// Queries in a block: enough that what is copied for it is used often.
  static final int BLOCK = 8 * ROWS;

  /// Keys in a chunk, whole tiles and whole multiples of [#ROWS]: a block's scores stay in the
  /// caches next to the core.
  static final int CHUNK = 288;

  /// The distance between rows of scores, and of keys that lie transposed: a chunk, and a tile that
  /// reaches over its end. It is not a power of two, so that the columns of a block do not fall
  /// into the same few sets of the cache.
  static final int STRIDE = CHUNK + PANEL;

  /// The widest head that is done in tiles.
  static final int WIDEST = 256;

  /// The distance between a block's queries.
  static final int QUERY_STRIDE = WIDEST + 16;

  private static final int STRIPS = BLOCK / ROWS;
  private static final int CACHED = 64;
  private static final Map<Id, AttentionPlan> CACHE = new ConcurrentHashMap<>();

  private record Id(AttentionPattern pattern, int queries, int keys, int offset) {}

  /// Is a part of the scores of one block.
  ///
  /// @param first the slot of its first key
  /// @param hidden laid out like the scores, −1 where the query does not see the key, otherwise 0;
  ///   empty where nothing is masked
  /// @param windows by strip: the keys that it needs ([Windows])
  /// @param masked by strip: where the vectors of its windows begin in which a query does not see
  ///   some keys, as places in the scores of the block
  /// @param runs by [#ROWS] keys: the block's queries that see one of them, first and after last of
  ///   each run
  /// @param gaps by strip: vectors that cover keys for which it computes no scores, though a query
  ///   sees others beside them among the same [#ROWS]; as places too
  record Chunk(
      int first, float[] hidden, int[][] windows, int[][] masked, int[][] runs, int[][] gaps) {}

  private final int queries;
  private final int[] queryAt; // by slot
  private final int[] keyAt; // by slot
  private final List<List<Chunk>> blocks = new ArrayList<>();

  private AttentionPlan(Id id) {
    queries = id.queries;
    keyAt = id.pattern.order(id.keys);
    queryAt =
        id.offset == 0 && id.queries == id.keys
            ? keyAt
            : new AttentionPattern.Causal().order(id.queries);
    Map<FloatBuffer, float[]> masks = new HashMap<>();
    for (int start = 0; start < queries; start += BLOCK) {
      List<Chunk> chunks = new ArrayList<>();
      for (int first = 0; first < keyAt.length; first += CHUNK) {
        Chunk chunk = chunk(id, start, first, masks);
        if (Arrays.stream(chunk.windows).anyMatch(w -> w.length > 0)) {
          chunks.add(chunk);
        }
      }
      blocks.add(chunks);
    }
  }

  /// Returns the plan for queries at positions `offset`, `offset + 1`, … over `keys` keys.
  static AttentionPlan of(AttentionPattern pattern, int queries, int keys, int offset) {
    if (CACHE.size() > CACHED) {
      CACHE.clear();
    }
    return CACHE.computeIfAbsent(new Id(pattern, queries, keys, offset), AttentionPlan::new);
  }

  private Chunk chunk(Id id, int start, int first, Map<FloatBuffer, float[]> masks) {
    float[] hidden = new float[BLOCK * STRIDE];
    Arrays.fill(hidden, -1);
    int[][] windows = new int[STRIPS][];
    int[][] masked = new int[STRIPS][];
    int[][] gaps = new int[STRIPS][];
    boolean[][] seen = new boolean[BLOCK][CHUNK / ROWS];
    for (int s = 0; s < STRIPS; s++) {
      boolean[] needed = new boolean[CHUNK];
      int rows = Math.clamp(queries - start - s * ROWS, 0, ROWS);
      for (int i = s * ROWS; i < s * ROWS + rows; i++) {
        for (int j = 0; j < CHUNK && first + j < keyAt.length; j++) {
          if (id.pattern.allows(id.offset + queryAt[start + i], keyAt[first + j])) {
            needed[j] = true;
            seen[i][j / ROWS] = true;
            hidden[i * STRIDE + j] = 0;
          }
        }
      }
      windows[s] = Windows.over(needed);
      boolean[] computed = new boolean[CHUNK];
      for (int k = 0; k < windows[s].length; k += 2) {
        Arrays.fill(computed, windows[s][k], Math.min(windows[s][k + 1], CHUNK), true);
      }
      masked[s] = places(s * ROWS, rows, windows[s], at -> anyHidden(hidden, at));
      gaps[s] = gaps(s * ROWS, rows, seen, computed);
    }
    boolean any = Arrays.stream(masked).anyMatch(m -> m.length > 0);
    float[] mask =
        any ? masks.computeIfAbsent(FloatBuffer.wrap(hidden), b -> hidden) : new float[0];
    int[][] runs = new int[CHUNK / ROWS][];
    for (int g = 0; g < runs.length; g++) {
      int group = g;
      runs[g] = runs(BLOCK, i -> seen[i][group]);
    }
    return new Chunk(first, mask, windows, masked, runs, gaps);
  }

  /// Returns where vectors begin that cover spans of some rows of scores, if a test holds for them.
  private static int[] places(int row, int rows, int[] spans, IntPredicate test) {
    IntStream.Builder places = IntStream.builder();
    for (int i = row * STRIDE; i < (row + rows) * STRIDE; i += STRIDE) {
      for (int k = 0; k < spans.length; k += 2) {
        for (int at = i + spans[k]; at < i + spans[k + 1]; at += Lanes.COUNT) {
          if (test.test(at)) {
            places.add(at);
          }
        }
      }
    }
    return places.build().toArray();
  }

  /// Returns where vectors begin that cover what is read of some rows though it is not computed.
  private static int[] gaps(int row, int rows, boolean[][] seen, boolean[] computed) {
    IntStream.Builder gaps = IntStream.builder();
    for (int i = row; i < row + rows; i++) {
      boolean[] read = seen[i];
      int[] missing = runs(CHUNK, j -> read[j / ROWS] && !computed[j]);
      Arrays.stream(places(i, 1, missing, at -> true)).forEach(gaps);
    }
    return gaps.build().toArray();
  }

  private static boolean anyHidden(float[] hidden, int at) {
    for (int i = at; i < at + Lanes.COUNT; i++) {
      if (hidden[i] < 0) {
        return true;
      }
    }
    return false;
  }

  /// Returns the first number and that after the last of each run that a test holds for.
  private static int[] runs(int n, IntPredicate test) {
    return IntStream.rangeClosed(0, n)
        .filter(i -> (i < n && test.test(i)) != (i > 0 && test.test(i - 1)))
        .toArray();
  }

  /// Returns the number of blocks of queries.
  int blocks() {
    return blocks.size();
  }

  /// Returns what is computed for a block.
  List<Chunk> chunks(int block) {
    return blocks.get(block);
  }

  /// Returns the number of chunks that hold all keys.
  int chunks() {
    return Math.ceilDiv(keyAt.length, CHUNK);
  }

  /// Returns the number of slots of whole chunks that hold all keys, and of a tile that reaches
  /// over the end of the last.
  int slots() {
    return chunks() * CHUNK + PANEL;
  }

  /// Returns the rows of `q` by slot.
  int[] queryOrder() {
    return queryAt;
  }

  /// Returns the rows of `k` and `v` by slot.
  int[] keyOrder() {
    return keyAt;
  }

  int keys() {
    return keyAt.length;
  }

  /// Returns the slot after a block's last query.
  int end(int block) {
    return Math.min(queries, (block + 1) * BLOCK);
  }
}
