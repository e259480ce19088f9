package smalti.dalle.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// Holds the tokens and the merges that make them, and applies the merges to one word.
///
/// Token `256 + r` is made by merge number `r`, so "the pair with the lowest rank" and "the pair
/// that makes the token with the lowest id" are the same, and one map answers both.
final class MergeTable {
  /// Says that no merge joins two tokens; larger than each id, so that it never is the minimum.
  private static final int NONE = Integer.MAX_VALUE;

  private final byte[][] tokens;
  private final Map<Long, Integer> made; // pair of ids -> id of the joined token
  private final List<String> merges;

  private MergeTable(List<byte[]> tokens, Map<Long, Integer> made, List<String> merges) {
    this.tokens = tokens.toArray(new byte[0][]);
    this.made = made;
    this.merges = List.copyOf(merges);
  }

  /// Reads merges written as two tokens with a space between, e.g. `Ġre d`, in order of rank.
  ///
  /// Throws `IllegalArgumentException` for a merge that is not two tokens, uses a token that no
  /// earlier merge makes, or makes a token that exists already (sound training never does: inside a
  /// token's borders the merges fall the same way in every context).
  static MergeTable of(List<String> merges) {
    List<byte[]> tokens = new ArrayList<>(ByteAlphabet.SIZE + merges.size());
    Map<String, Integer> ids = HashMap.newHashMap(ByteAlphabet.SIZE + merges.size());
    for (int id = 0; id < ByteAlphabet.SIZE; id++) {
      tokens.add(ByteAlphabet.token(id));
      ids.put(ByteAlphabet.write(tokens.get(id)), id);
    }
    Map<Long, Integer> made = HashMap.newHashMap(merges.size());
    for (int rank = 0; rank < merges.size(); rank++) {
      String merge = merges.get(rank);
      String where = "Merge " + (rank + 1) + " (\"" + merge + "\") ";
      int space = merge.indexOf(' ');
      if (space <= 0 || space != merge.lastIndexOf(' ') || space == merge.length() - 1) {
        throw new IllegalArgumentException(where + "is not two tokens with one space between.");
      }
      int left = known(ids, merge.substring(0, space), where);
      int right = known(ids, merge.substring(space + 1), where);
      byte[] token = join(tokens.get(left), tokens.get(right));
      if (ids.putIfAbsent(ByteAlphabet.write(token), tokens.size()) != null) {
        throw new IllegalArgumentException(where + "makes a token that exists already.");
      }
      made.put(pair(left, right), tokens.size());
      tokens.add(token);
    }
    return new MergeTable(tokens, made, merges);
  }

  private static int known(Map<String, Integer> ids, String token, String where) {
    Integer id = ids.get(token);
    if (id == null) {
      throw new IllegalArgumentException(
          where + "uses the token \"" + token + "\", which is no byte and no earlier merge.");
    }
    return id;
  }

  /// Packs two ids into one key.
  static long pair(int left, int right) {
    return ((long) left << 32) | right;
  }

  static byte[] join(byte[] left, byte[] right) {
    byte[] joined = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, joined, left.length, right.length);
    return joined;
  }

  /// Counts the tokens: 256 bytes and one for each merge.
  int size() {
    return tokens.length;
  }

  /// Returns the bytes of a token; not a copy, do not write to it.
  byte[] token(int id) {
    return tokens[id];
  }

  /// Lists the merges in order of rank, as [#of] reads them.
  List<String> merges() {
    return merges;
  }

  /// Applies the merges to the bytes of one word and returns the ids of its tokens.
  ///
  /// Each step looks at every pair of neighbours that a merge could join. `keep` is asked once for
  /// each of them, from left to right: "no" takes the pair out of this step (BPE dropout, Provilkov
  /// et al. 2020, algorithm 1). Of those kept, all with the best rank are joined. The word is done
  /// when no pair is kept. With `keep` always true this is plain BPE.
  int[] apply(byte[] word, BooleanSupplier keep) {
    int[] ids = ByteAlphabet.ids(word);
    int n = ids.length;
    int[] joined = new int[n]; // joined[i]: what ids[i] and ids[i + 1] make, or NONE
    int[] kept = new int[n]; // joined, without the pairs that drop out of this step
    for (int i = 0; i < n; i++) {
      joined[i] = i + 1 < n ? joined(ids[i], ids[i + 1]) : NONE;
    }
    while (true) {
      int best = NONE;
      for (int i = 0; i < n - 1; i++) {
        kept[i] = joined[i] != NONE && keep.getAsBoolean() ? joined[i] : NONE;
        best = Math.min(best, kept[i]);
      }
      if (best == NONE) {
        return Arrays.copyOf(ids, n);
      }
      n = joinAll(best, ids, n, joined, kept);
    }
  }

  /// Joins every kept pair that makes `best`, in place, and returns the new length.
  ///
  /// Reads at `from`, writes at `to <= from`; pairs beside a new token are looked up again.
  private int joinAll(int best, int[] ids, int n, int[] joined, int[] kept) {
    int to = 0;
    for (int from = 0; from < n; to++) {
      if (from + 1 < n && kept[from] == best) {
        from += 2;
        ids[to] = best;
        joined[to] = from < n ? joined(best, ids[from]) : NONE;
        if (to > 0) {
          joined[to - 1] = joined(ids[to - 1], best);
        }
      } else {
        ids[to] = ids[from];
        joined[to] = joined[from];
        from++;
      }
    }
    return to;
  }

  private int joined(int left, int right) {
    return made.getOrDefault(pair(left, right), NONE);
  }
}
