package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

/// Compares the patterns with the cells of figure 11 of Ramesh et al. 2021, decoded from its
/// pixels.
final class AttentionPatternTest {
  private static final int TEXT = 6;
  private static final int SIDE = 4;
  private static final int LENGTH = TEXT + SIDE * SIDE;
  private static final int W = 32;

  private static Map<String, List<String>> figure() throws IOException {
    Map<String, List<String>> grids = new HashMap<>();
    String name = "attention-patterns.txt";
    try (InputStream in =
        Objects.requireNonNull(AttentionPatternTest.class.getResourceAsStream(name))) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      List<String> rows = new ArrayList<>();
      for (String line : text.lines().skip(1).toList()) {
        if (line.startsWith("#")) {
          rows.add(line);
        } else if (!line.isEmpty()) {
          rows = new ArrayList<>();
          grids.put(line, rows);
        }
      }
    }
    return grids;
  }

  private static List<String> grid(BiPredicate<Integer, Integer> allows) {
    List<String> rows = new ArrayList<>();
    for (int q = 0; q < LENGTH; q++) {
      StringBuilder row = new StringBuilder();
      for (int k = 0; k < LENGTH; k++) {
        row.append(allows.test(q, k) ? '#' : '.');
      }
      rows.add(row.toString());
    }
    return rows;
  }

  @Test
  void rowColumnAndConvAreTheFiguresCells() throws IOException {
    Map<String, List<String>> figure = figure();
    assertThat(figure).hasSize(4);
    assertThat(grid(new AttentionPattern.Row(TEXT, SIDE)::allows)).isEqualTo(figure.get("row"));
    assertThat(grid(new AttentionPattern.Column(TEXT, SIDE)::allows))
        .isEqualTo(figure.get("column"));
    assertThat(grid(new AttentionPattern.Conv(TEXT, SIDE, 3)::allows))
        .isEqualTo(figure.get("conv"));
  }

  @Test
  void theTransposedGridIsTheColumnPatternOfTokensReadColumnByColumn() throws IOException {
    AttentionPattern column = new AttentionPattern.Column(TEXT, SIDE);
    assertThat(grid((q, k) -> column.allows(columnFirst(q), columnFirst(k))))
        .isEqualTo(figure().get("column-transposed"));
    assertThat(grid(new AttentionPattern.TransposedColumn(TEXT, SIDE)::allows))
        .isEqualTo(figure().get("column-transposed"));
  }

  /// Returns the raster position of the token that is at a position in column-first order.
  private static int columnFirst(int position) {
    int i = position - TEXT;
    return i < 0 ? position : TEXT + i % SIDE * SIDE + i / SIDE;
  }

  @Test
  void causalIsTheLowerTriangleAndFullIsAll() {
    assertThat(grid(new AttentionPattern.Causal()::allows)).isEqualTo(grid((q, k) -> k <= q));
    assertThat(grid(new AttentionPattern.Full()::allows)).isEqualTo(grid((q, k) -> true));
  }

  @Test
  void textIsCausalAndSeenWholeByEveryImagePosition() {
    for (AttentionPattern p : sparse()) {
      for (int q = 0; q < TEXT + W * W; q++) {
        for (int k = 0; k < TEXT; k++) {
          assertThat(p.allows(q, k)).as("%s: %d sees %d", p, q, k).isEqualTo(k <= q);
        }
        assertThat(p.allows(q, q)).as("%s: %d sees itself", p, q).isTrue();
      }
    }
  }

  private static List<AttentionPattern> sparse() {
    return List.of(
        new AttentionPattern.Row(TEXT, W),
        new AttentionPattern.Column(TEXT, W),
        new AttentionPattern.Conv(TEXT, W, 11),
        new AttentionPattern.TransposedColumn(TEXT, W),
        new AttentionPattern.Neighbourhood(TEXT, W, 11));
  }

  @Test
  void keysPerQueryOnThePapersGrid() {
    int[] last = {33, 32, 66};
    double[] mean = {32.5, 16.5, 59.9};
    for (int i = 0; i < 3; i++) {
      AttentionPattern p = sparse().get(i);
      long total = 0;
      for (int q = 0; q < W * W; q++) {
        total += imageKeys(p, q);
      }
      assertThat(imageKeys(p, W * W - 1)).as("%s, last position", p).isEqualTo(last[i]);
      assertThat(imageKeys(p, 0)).as("%s, first position", p).isEqualTo(1);
      assertThat((double) total / (W * W)).as("%s, mean", p).isCloseTo(mean[i], within(0.05));
    }
  }

  @Test
  void aNeighbourhoodIsTheConvPatternWithoutWhatWrapsAround() {
    AttentionPattern wraps = new AttentionPattern.Conv(TEXT, W, 11);
    AttentionPattern ends = new AttentionPattern.Neighbourhood(TEXT, W, 11);
    int apart = 0;
    for (int q = 0; q < W * W; q++) {
      for (int k = 0; k < W * W; k++) {
        int across = Math.abs(q % W - k % W);
        if (across <= 5) { // the same side of the edge, and within reach
          assertThat(ends.allows(TEXT + q, TEXT + k))
              .as("%d sees %d", q, k)
              .isEqualTo(k <= q && q / W - k / W <= 5);
        } else {
          assertThat(ends.allows(TEXT + q, TEXT + k)).as("%d sees %d", q, k).isFalse();
          apart += wraps.allows(TEXT + q, TEXT + k) ? 1 : 0;
        }
      }
    }
    assertThat(apart).as("pairs that only wrapping makes").isPositive();
    int middle = 16 * W + 16;
    assertThat(imageKeys(ends, middle)).as("5 rows of 11, and 6").isEqualTo(61);
    assertThat(imageKeys(wraps, middle)).isEqualTo(66);
  }

  private static int imageKeys(AttentionPattern p, int query) {
    int n = 0;
    for (int k = 0; k < W * W; k++) {
      n += p.allows(TEXT + query, TEXT + k) ? 1 : 0;
    }
    return n;
  }

  @Test
  void columnsAreInOrderSideBySide() {
    AttentionPattern column = new AttentionPattern.Column(2, 3);
    assertThat(column.order(9)).containsExactly(0, 1, 2, 5, 8, 3, 6, 4, 7);
    assertThat(column.order(1)).containsExactly(0);
    assertThat(new AttentionPattern.Row(2, 3).order(4)).containsExactly(0, 1, 2, 3);
  }

  @Test
  void sizesAreChecked() {
    assertThatIllegalArgumentException().isThrownBy(() -> new AttentionPattern.Row(-1, 4));
    assertThatIllegalArgumentException().isThrownBy(() -> new AttentionPattern.Column(2, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AttentionPattern.Conv(2, 4, 2))
        .withMessageContaining("must be odd");
  }
}
