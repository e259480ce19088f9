package smalti.tensor.simd;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import smalti.tensor.AttentionPattern;

/// Says in which order attention takes queries and keys, and which parts of the scores it computes.
///
/// Keys and queries take *slots* in an order that puts what belongs together side by side: the
/// image part of a column pattern goes column by column, all others as they come. Scores are
/// computed for [#ROWS] queries at a time (a *strip*), for as many keys as reach from the first to
/// the last that one of them sees, in tiles of [#PANEL]. For each block of queries the plan lists
/// the chunks of [#CHUNK] keys of which some query sees one; what is not listed is never computed,
/// so that time is in proportion to the pairs that see each other, up to tiles. Where a chunk also
/// has pairs that do not, it carries a mask. All of it follows from [AttentionPattern#allows].
final class AttentionPlan {
  /// Queries in a strip.
  static final int ROWS = 6;

  /// Keys in a tile: two vectors.
  static final int PANEL = 2 * Lanes.COUNT;

  /// Queries in a block: enough that what is copied for it is used often.
  static final int BLOCK = 8 * ROWS;

  /// Keys in a chunk, whole tiles and whole multiples of [#ROWS]: a block's scores stay in the
  /// caches next to the core.
  static final int CHUNK = 192;

  /// The distance between rows of scores, and of keys that lie transposed: not a power of two, so
  /// that the columns of a block do not fall into the same few sets of the cache.
  static final int STRIDE = CHUNK + 16;

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
  ///   null where each query sees each key
  /// @param from by strip: the first key of the chunk that it needs
  /// @param to by strip: the key after the last that it needs; whole tiles from `from`
  /// @param groups how many times [#ROWS] keys some strip needs
  /// @param stripFrom by [#ROWS] keys: the first strip that needs them
  /// @param stripTo by [#ROWS] keys: the strip after the last that needs them
  record Chunk(
      int first,
      float @Nullable [] hidden,
      int[] from,
      int[] to,
      int groups,
      int[] stripFrom,
      int[] stripTo) {}

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
        if (chunk.groups > 0) {
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
    int[] from = new int[STRIPS];
    int[] to = new int[STRIPS];
    Arrays.fill(from, CHUNK);
    for (int i = 0; i < Math.min(BLOCK, queries - start); i++) {
      for (int j = 0; j < CHUNK; j++) {
        int k = first + j;
        if (k < keyAt.length && id.pattern.allows(id.offset + queryAt[start + i], keyAt[k])) {
          from[i / ROWS] = Math.min(from[i / ROWS], j);
          to[i / ROWS] = Math.max(to[i / ROWS], j + 1);
        } else {
          hidden[i * STRIDE + j] = -1;
        }
      }
    }
    wholeTiles(from, to);
    int groups = Math.ceilDiv(Arrays.stream(to).max().orElse(0), ROWS);
    int[] stripFrom = new int[groups];
    int[] stripTo = new int[groups];
    Arrays.fill(stripFrom, STRIPS);
    for (int s = 0; s < STRIPS; s++) {
      for (int g = from[s] / ROWS; g * ROWS < to[s]; g++) {
        stripFrom[g] = Math.min(stripFrom[g], s);
        stripTo[g] = s + 1;
      }
    }
    float[] mask =
        hides(hidden, from, to)
            ? masks.computeIfAbsent(FloatBuffer.wrap(hidden), b -> hidden)
            : null;
    return new Chunk(first, mask, from, to, groups, stripFrom, stripTo);
  }

  /// Widens what each strip needs to whole tiles within the chunk; what needs nothing is empty.
  private static void wholeTiles(int[] from, int[] to) {
    for (int s = 0; s < STRIPS; s++) {
      int n = Math.ceilDiv(Math.max(0, to[s] - from[s]), PANEL) * PANEL;
      from[s] = n == 0 ? 0 : Math.min(from[s], CHUNK - n);
      to[s] = from[s] + n;
    }
  }

  private static boolean hides(float[] hidden, int[] from, int[] to) {
    for (int i = 0; i < BLOCK; i++) {
      for (int j = from[i / ROWS]; j < to[i / ROWS]; j++) {
        if (hidden[i * STRIDE + j] < 0) {
          return true;
        }
      }
    }
    return false;
  }

  /// Returns the number of blocks of queries.
  int blocks() {
    return blocks.size();
  }

  /// Returns what is computed for a block.
  List<Chunk> chunks(int block) {
    return blocks.get(block);
  }

  /// Returns the number of slots of whole chunks that hold all keys.
  int slots() {
    return Math.ceilDiv(keyAt.length, CHUNK) * CHUNK;
  }

  /// Returns the row of `q` that has a slot.
  int queryAt(int slot) {
    return queryAt[slot];
  }

  /// Returns the row of `k` and `v` that has a slot.
  int keyAt(int slot) {
    return keyAt[slot];
  }

  int keys() {
    return keyAt.length;
  }

  /// Returns the slot after a block's last query.
  int end(int block) {
    return Math.min(queries, (block + 1) * BLOCK);
  }
}
