package smalti.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import smalti.tensor.AttentionPattern;

/// Reads tables back as the kernels do.
class GpuAttentionTableTest {
  private static final List<AttentionPattern> PATTERNS =
      List.of(
          new AttentionPattern.Full(),
          new AttentionPattern.Causal(),
          new AttentionPattern.Row(29, 13),
          new AttentionPattern.Column(29, 13),
          new AttentionPattern.Conv(29, 13, 5),
          new AttentionPattern.TransposedColumn(29, 13),
          new AttentionPattern.Neighbourhood(29, 13, 5));

  private record Pair(int row, int column) {}

  private static int tiles(int[] table, int rows) {
    int starts = table[1];
    return (table[starts + (rows + 63) / 64] - table[starts]) / 2;
  }

  private static Set<Pair> pairs(int[] table, int rows) {
    Set<Pair> pairs = new HashSet<>();
    int starts = table[1];
    for (int slot = 0; slot < rows; slot++) {
      int block = slot / 64;
      for (int t = table[starts + block]; t < table[starts + block + 1]; t += 2) {
        int mask = table[table[t + 1] + slot % 64];
        for (int j = 0; j < 16; j++) {
          if ((mask >> j & 1) == 1) {
            int column = table[table[0] + table[t] + j];
            assertThat(pairs.add(new Pair(table[2 + slot], column))).isTrue();
          }
        }
      }
    }
    return pairs;
  }

  @Test
  void hasEveryPairThatSeesEachOtherOnce() {
    for (AttentionPattern pattern : PATTERNS) {
      for (int[] sizes : new int[][] {{201, 201}, {7, 75}, {1, 33}, {64, 64}}) {
        int queries = sizes[0];
        int keys = sizes[1];
        int offset = keys - queries;
        Set<Pair> seen = new HashSet<>();
        Set<Pair> turned = new HashSet<>();
        for (int q = 0; q < queries; q++) {
          for (int k = 0; k < keys; k++) {
            if (pattern.allows(offset + q, k)) {
              seen.add(new Pair(q, k));
              turned.add(new Pair(k, q));
            }
          }
        }
        int[] byQuery = AttentionTable.of(pattern, queries, keys, offset, false);
        int[] byKey = AttentionTable.of(pattern, queries, keys, offset, true);
        assertThat(pairs(byQuery, queries)).as("%s, queries", pattern).isEqualTo(seen);
        assertThat(pairs(byKey, keys)).as("%s, keys", pattern).isEqualTo(turned);
      }
    }
  }

  /// 256 positions of text and an image of 32 × 32, in tiles of 64 × 16: 1600 in all.
  @Test
  void leavesOutTilesThatAPatternHides() {
    assertThat(tilesOf(new AttentionPattern.Full())).isEqualTo(1600);
    assertThat(tilesOf(new AttentionPattern.Causal())).isEqualTo(840);
    assertThat(tilesOf(new AttentionPattern.Row(256, 32))).isLessThan(400);
    assertThat(tilesOf(new AttentionPattern.Column(256, 32))).isLessThan(400);
    assertThat(tilesOf(new AttentionPattern.Conv(256, 32, 11))).isLessThan(600);
  }

  private static int tilesOf(AttentionPattern pattern) {
    return tiles(AttentionTable.of(pattern, 1280, 1280, 0, false), 1280);
  }
}
