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
/// Scores are computed in tiles of [#ROWS] queries (a *strip*) by [#PANEL] keys (a *panel*). Keys
/// and queries take *slots* in an order that puts what belongs together side by side: the image
/// part of a column pattern goes column by column, all others as they come. For each block of
/// queries the plan lists chunks of neighbouring panels of which some query sees a key; what is not
/// listed is never computed, so that time is in proportion to the pairs that see each other, up to
/// tiles. Where a chunk also has pairs that do not, it carries a mask. All of it follows from
/// [AttentionPattern#allows].
final class AttentionPlan {
  /// Queries in a strip.
  static final int ROWS = 4;

  /// Keys in a panel: two vectors.
  static final int PANEL = 2 * Lanes.COUNT;

  /// Queries in a block: enough that what is packed for it is used often.
  static final int BLOCK = 64;

  /// The most keys in a chunk: a block's scores stay in the caches next to the core.
  static final int CHUNK = 128;

  /// The distance between rows of scores: not a power of two, so that the columns of a block do not
  /// fall into the same few sets of the cache.
  static final int STRIDE = CHUNK + PANEL;

  private static final int STRIPS = BLOCK / ROWS;
  private static final int CACHED = 64;
  private static final Map<Id, AttentionPlan> CACHE = new ConcurrentHashMap<>();

  private record Id(AttentionPattern pattern, int queries, int keys, int offset) {}

  /// Is a part of the scores of one block.
  ///
  /// @param first the first panel
  /// @param panels the number of panels
  /// @param hidden laid out like the scores, −1 where the query does not see the key, otherwise 0;
  ///   null where each query sees each key
  /// @param from by strip: the first panel of the chunk that it needs
  /// @param to by strip: the panel after the last that it needs
  /// @param stripFrom by panel of the chunk: the first strip that needs it
  /// @param stripTo by panel of the chunk: the strip after the last that needs it
  record Chunk(
      int first,
      int panels,
      float @Nullable [] hidden,
      int[] from,
      int[] to,
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
      blocks.add(chunks(id, start, masks));
    }
  }

  /// Returns the plan for queries at positions `offset`, `offset + 1`, … over `keys` keys.
  static AttentionPlan of(AttentionPattern pattern, int queries, int keys, int offset) {
    if (CACHE.size() > CACHED) {
      CACHE.clear();
    }
    return CACHE.computeIfAbsent(new Id(pattern, queries, keys, offset), AttentionPlan::new);
  }

  private List<Chunk> chunks(Id id, int start, Map<FloatBuffer, float[]> masks) {
    int end = Math.min(queries, start + BLOCK);
    int panels = panels();
    boolean[] needed = new boolean[panels];
    for (int q = start; q < end; q++) {
      for (int k = 0; k < keyAt.length; k++) {
        needed[k / PANEL] |= id.pattern.allows(id.offset + queryAt[q], keyAt[k]);
      }
    }
    List<Chunk> chunks = new ArrayList<>();
    for (int first = 0; first < panels; first++) {
      int n = 0;
      while (first + n < panels && needed[first + n] && n < CHUNK / PANEL) {
        n++;
      }
      if (n > 0) {
        chunks.add(chunk(id, start, end, first, n, masks));
        first += n - 1;
      }
    }
    return chunks;
  }

  private Chunk chunk(
      Id id, int start, int end, int first, int panels, Map<FloatBuffer, float[]> masks) {
    float[] hidden = new float[BLOCK * STRIDE];
    boolean[][] needs = new boolean[STRIPS][panels];
    boolean all = true;
    for (int q = start; q < end; q++) {
      for (int j = 0; j < panels * PANEL; j++) {
        int k = first * PANEL + j;
        boolean sees = k < keyAt.length && id.pattern.allows(id.offset + queryAt[q], keyAt[k]);
        needs[(q - start) / ROWS][j / PANEL] |= sees;
        hidden[(q - start) * STRIDE + j] = sees ? 0 : -1;
        all &= sees;
      }
    }
    int[] from = new int[STRIPS];
    int[] to = new int[STRIPS];
    int[] stripFrom = new int[panels];
    int[] stripTo = new int[panels];
    Arrays.fill(from, panels);
    Arrays.fill(stripFrom, STRIPS);
    for (int s = 0; s < STRIPS; s++) {
      for (int p = 0; p < panels; p++) {
        if (needs[s][p]) {
          from[s] = Math.min(from[s], p);
          to[s] = p + 1;
          stripFrom[p] = Math.min(stripFrom[p], s);
          stripTo[p] = s + 1;
        }
      }
    }
    float[] mask = all ? null : masks.computeIfAbsent(FloatBuffer.wrap(hidden), b -> hidden);
    return new Chunk(first, panels, mask, from, to, stripFrom, stripTo);
  }

  /// Returns the number of blocks of queries.
  int blocks() {
    return blocks.size();
  }

  /// Returns what is computed for a block.
  List<Chunk> chunks(int block) {
    return blocks.get(block);
  }

  /// Returns the number of panels that all keys fill.
  int panels() {
    return (keyAt.length + PANEL - 1) / PANEL;
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
