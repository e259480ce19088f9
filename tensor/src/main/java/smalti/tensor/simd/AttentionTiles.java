package smalti.tensor.simd;

import static smalti.tensor.simd.AttentionPlan.PANEL;
import static smalti.tensor.simd.AttentionPlan.QUERY_STRIDE;
import static smalti.tensor.simd.AttentionPlan.STRIDE;
import static smalti.tensor.simd.Lanes.COUNT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Multiplies the small matrices inside attention, a tile of six rows by two vectors at a time. As
/// in [SixRowLoops], which says why there are ways out of the loops, the twelve sums stay in
/// registers, and all that the inner loops read lies at constant distances: with a distance that is
/// only known while running, C2 moves sums to memory and back in each step. All loops are longer
/// than what C2 inlines (325 bytes of bytecode, which a test holds): inlined into the loops around
/// them they lose their registers to those, and past 8000 bytes C2 stops inlining the Vector API
/// itself, which makes each vector an object.
final class AttentionTiles {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;

  /// The step at which a loop is left. There is none, but because this is not final, C2 cannot
  /// know.
  @SuppressWarnings("FieldMayBeFinal")
  private static int never = -1;

  private AttentionTiles() {}

  private static AssertionError border(FloatVector... sums) {
    return new AssertionError("a step of no tile: " + sums.length + " sums");
  }

  /// Computes a tile of scores: `c[r, j] = Σ_k rows[r, k]·panel[k, j]`.
  ///
  /// @param rows [AttentionPlan#QUERY_STRIDE] apart
  /// @param panel keys that lie transposed, `depth` rows [AttentionPlan#STRIDE] apart
  /// @param c with rows [AttentionPlan#STRIDE] apart
  static void scores(
      float[] rows, int rowsAt, float[] panel, int panelAt, int depth, float[] c, int cAt) {
    FloatVector c00 = FloatVector.broadcast(LANES, 0f);
    FloatVector c01 = FloatVector.broadcast(LANES, 0f);
    FloatVector c10 = FloatVector.broadcast(LANES, 0f);
    FloatVector c11 = FloatVector.broadcast(LANES, 0f);
    FloatVector c20 = FloatVector.broadcast(LANES, 0f);
    FloatVector c21 = FloatVector.broadcast(LANES, 0f);
    FloatVector c30 = FloatVector.broadcast(LANES, 0f);
    FloatVector c31 = FloatVector.broadcast(LANES, 0f);
    FloatVector c40 = FloatVector.broadcast(LANES, 0f);
    FloatVector c41 = FloatVector.broadcast(LANES, 0f);
    FloatVector c50 = FloatVector.broadcast(LANES, 0f);
    FloatVector c51 = FloatVector.broadcast(LANES, 0f);
    int border = never;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromArray(LANES, panel, panelAt + k * STRIDE);
      FloatVector b1 = FloatVector.fromArray(LANES, panel, panelAt + k * STRIDE + COUNT);
      FloatVector a0 = FloatVector.broadcast(LANES, rows[rowsAt + k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, rows[rowsAt + k + QUERY_STRIDE]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a2 = FloatVector.broadcast(LANES, rows[rowsAt + k + 2 * QUERY_STRIDE]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, rows[rowsAt + k + 3 * QUERY_STRIDE]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a4 = FloatVector.broadcast(LANES, rows[rowsAt + k + 4 * QUERY_STRIDE]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = FloatVector.broadcast(LANES, rows[rowsAt + k + 5 * QUERY_STRIDE]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + COUNT);
    c10.intoArray(c, cAt + STRIDE);
    c11.intoArray(c, cAt + STRIDE + COUNT);
    c20.intoArray(c, cAt + 2 * STRIDE);
    c21.intoArray(c, cAt + 2 * STRIDE + COUNT);
    c30.intoArray(c, cAt + 3 * STRIDE);
    c31.intoArray(c, cAt + 3 * STRIDE + COUNT);
    c40.intoArray(c, cAt + 4 * STRIDE);
    c41.intoArray(c, cAt + 4 * STRIDE + COUNT);
    c50.intoArray(c, cAt + 5 * STRIDE);
    c51.intoArray(c, cAt + 5 * STRIDE + COUNT);
  }

  /// Computes half a tile of scores, one vector of keys, as [#scores] does a whole one. Even and
  /// odd `k` have sums of their own: with six of them the loop would wait for each.
  static void halfScores(
      float[] rows, int rowsAt, float[] panel, int panelAt, int depth, float[] c, int cAt) {
    FloatVector c00 = FloatVector.broadcast(LANES, 0f);
    FloatVector c01 = FloatVector.broadcast(LANES, 0f);
    FloatVector c10 = FloatVector.broadcast(LANES, 0f);
    FloatVector c11 = FloatVector.broadcast(LANES, 0f);
    FloatVector c20 = FloatVector.broadcast(LANES, 0f);
    FloatVector c21 = FloatVector.broadcast(LANES, 0f);
    FloatVector c30 = FloatVector.broadcast(LANES, 0f);
    FloatVector c31 = FloatVector.broadcast(LANES, 0f);
    FloatVector c40 = FloatVector.broadcast(LANES, 0f);
    FloatVector c41 = FloatVector.broadcast(LANES, 0f);
    FloatVector c50 = FloatVector.broadcast(LANES, 0f);
    FloatVector c51 = FloatVector.broadcast(LANES, 0f);
    int border = never;
    int k = 0;
    for (; k < depth - 1; k += 2) {
      FloatVector b0 = FloatVector.fromArray(LANES, panel, panelAt + k * STRIDE);
      c00 = FloatVector.broadcast(LANES, rows[rowsAt + k]).fma(b0, c00);
      c10 = FloatVector.broadcast(LANES, rows[rowsAt + k + QUERY_STRIDE]).fma(b0, c10);
      c20 = FloatVector.broadcast(LANES, rows[rowsAt + k + 2 * QUERY_STRIDE]).fma(b0, c20);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      c30 = FloatVector.broadcast(LANES, rows[rowsAt + k + 3 * QUERY_STRIDE]).fma(b0, c30);
      c40 = FloatVector.broadcast(LANES, rows[rowsAt + k + 4 * QUERY_STRIDE]).fma(b0, c40);
      c50 = FloatVector.broadcast(LANES, rows[rowsAt + k + 5 * QUERY_STRIDE]).fma(b0, c50);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector b1 = FloatVector.fromArray(LANES, panel, panelAt + (k + 1) * STRIDE);
      c01 = FloatVector.broadcast(LANES, rows[rowsAt + k + 1]).fma(b1, c01);
      c11 = FloatVector.broadcast(LANES, rows[rowsAt + k + 1 + QUERY_STRIDE]).fma(b1, c11);
      c21 = FloatVector.broadcast(LANES, rows[rowsAt + k + 1 + 2 * QUERY_STRIDE]).fma(b1, c21);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      c31 = FloatVector.broadcast(LANES, rows[rowsAt + k + 1 + 3 * QUERY_STRIDE]).fma(b1, c31);
      c41 = FloatVector.broadcast(LANES, rows[rowsAt + k + 1 + 4 * QUERY_STRIDE]).fma(b1, c41);
      c51 = FloatVector.broadcast(LANES, rows[rowsAt + k + 1 + 5 * QUERY_STRIDE]).fma(b1, c51);
    }
    if (k < depth) {
      FloatVector b = FloatVector.fromArray(LANES, panel, panelAt + k * STRIDE);
      c00 = FloatVector.broadcast(LANES, rows[rowsAt + k]).fma(b, c00);
      c10 = FloatVector.broadcast(LANES, rows[rowsAt + k + QUERY_STRIDE]).fma(b, c10);
      c20 = FloatVector.broadcast(LANES, rows[rowsAt + k + 2 * QUERY_STRIDE]).fma(b, c20);
      c30 = FloatVector.broadcast(LANES, rows[rowsAt + k + 3 * QUERY_STRIDE]).fma(b, c30);
      c40 = FloatVector.broadcast(LANES, rows[rowsAt + k + 4 * QUERY_STRIDE]).fma(b, c40);
      c50 = FloatVector.broadcast(LANES, rows[rowsAt + k + 5 * QUERY_STRIDE]).fma(b, c50);
    }
    c00.add(c01).intoArray(c, cAt);
    c10.add(c11).intoArray(c, cAt + STRIDE);
    c20.add(c21).intoArray(c, cAt + 2 * STRIDE);
    c30.add(c31).intoArray(c, cAt + 3 * STRIDE);
    c40.add(c41).intoArray(c, cAt + 4 * STRIDE);
    c50.add(c51).intoArray(c, cAt + 5 * STRIDE);
  }

  /// Adds `Σ_k s[r, k]·panel[k, …]` to row `r` of `c`, for six rows of scores and two vectors of
  /// columns.
  ///
  /// @param s with rows [AttentionPlan#STRIDE] apart
  /// @param panel `depth` times [AttentionPlan#PANEL] numbers
  static void addRowsTimes(
      float[] s, int sAt, float[] panel, int panelAt, int depth, float[] c, int cAt, int cStride) {
    FloatVector c00 = FloatVector.fromArray(LANES, c, cAt);
    FloatVector c01 = FloatVector.fromArray(LANES, c, cAt + COUNT);
    FloatVector c10 = FloatVector.fromArray(LANES, c, cAt + cStride);
    FloatVector c11 = FloatVector.fromArray(LANES, c, cAt + cStride + COUNT);
    FloatVector c20 = FloatVector.fromArray(LANES, c, cAt + 2 * cStride);
    FloatVector c21 = FloatVector.fromArray(LANES, c, cAt + 2 * cStride + COUNT);
    FloatVector c30 = FloatVector.fromArray(LANES, c, cAt + 3 * cStride);
    FloatVector c31 = FloatVector.fromArray(LANES, c, cAt + 3 * cStride + COUNT);
    FloatVector c40 = FloatVector.fromArray(LANES, c, cAt + 4 * cStride);
    FloatVector c41 = FloatVector.fromArray(LANES, c, cAt + 4 * cStride + COUNT);
    FloatVector c50 = FloatVector.fromArray(LANES, c, cAt + 5 * cStride);
    FloatVector c51 = FloatVector.fromArray(LANES, c, cAt + 5 * cStride + COUNT);
    int border = never;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromArray(LANES, panel, panelAt + k * PANEL);
      FloatVector b1 = FloatVector.fromArray(LANES, panel, panelAt + k * PANEL + COUNT);
      FloatVector a0 = FloatVector.broadcast(LANES, s[sAt + k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, s[sAt + k + STRIDE]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a2 = FloatVector.broadcast(LANES, s[sAt + k + 2 * STRIDE]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, s[sAt + k + 3 * STRIDE]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a4 = FloatVector.broadcast(LANES, s[sAt + k + 4 * STRIDE]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = FloatVector.broadcast(LANES, s[sAt + k + 5 * STRIDE]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + COUNT);
    c10.intoArray(c, cAt + cStride);
    c11.intoArray(c, cAt + cStride + COUNT);
    c20.intoArray(c, cAt + 2 * cStride);
    c21.intoArray(c, cAt + 2 * cStride + COUNT);
    c30.intoArray(c, cAt + 3 * cStride);
    c31.intoArray(c, cAt + 3 * cStride + COUNT);
    c40.intoArray(c, cAt + 4 * cStride);
    c41.intoArray(c, cAt + 4 * cStride + COUNT);
    c50.intoArray(c, cAt + 5 * cStride);
    c51.intoArray(c, cAt + 5 * cStride + COUNT);
  }

  /// Adds `Σ_k s[k, r]·panel[k, …]` to row `r` of `c`, for six columns of scores and two vectors of
  /// columns.
  ///
  /// @param s with rows [AttentionPlan#STRIDE] apart
  /// @param panel `depth` rows [AttentionPlan#QUERY_STRIDE] apart
  static void addColumnsTimes(
      float[] s, int sAt, float[] panel, int panelAt, int depth, float[] c, int cAt, int cStride) {
    FloatVector c00 = FloatVector.fromArray(LANES, c, cAt);
    FloatVector c01 = FloatVector.fromArray(LANES, c, cAt + COUNT);
    FloatVector c10 = FloatVector.fromArray(LANES, c, cAt + cStride);
    FloatVector c11 = FloatVector.fromArray(LANES, c, cAt + cStride + COUNT);
    FloatVector c20 = FloatVector.fromArray(LANES, c, cAt + 2 * cStride);
    FloatVector c21 = FloatVector.fromArray(LANES, c, cAt + 2 * cStride + COUNT);
    FloatVector c30 = FloatVector.fromArray(LANES, c, cAt + 3 * cStride);
    FloatVector c31 = FloatVector.fromArray(LANES, c, cAt + 3 * cStride + COUNT);
    FloatVector c40 = FloatVector.fromArray(LANES, c, cAt + 4 * cStride);
    FloatVector c41 = FloatVector.fromArray(LANES, c, cAt + 4 * cStride + COUNT);
    FloatVector c50 = FloatVector.fromArray(LANES, c, cAt + 5 * cStride);
    FloatVector c51 = FloatVector.fromArray(LANES, c, cAt + 5 * cStride + COUNT);
    int border = never;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromArray(LANES, panel, panelAt + k * QUERY_STRIDE);
      FloatVector b1 = FloatVector.fromArray(LANES, panel, panelAt + k * QUERY_STRIDE + COUNT);
      FloatVector a0 = FloatVector.broadcast(LANES, s[sAt + k * STRIDE]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, s[sAt + k * STRIDE + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a2 = FloatVector.broadcast(LANES, s[sAt + k * STRIDE + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, s[sAt + k * STRIDE + 3]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a4 = FloatVector.broadcast(LANES, s[sAt + k * STRIDE + 4]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = FloatVector.broadcast(LANES, s[sAt + k * STRIDE + 5]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + COUNT);
    c10.intoArray(c, cAt + cStride);
    c11.intoArray(c, cAt + cStride + COUNT);
    c20.intoArray(c, cAt + 2 * cStride);
    c21.intoArray(c, cAt + 2 * cStride + COUNT);
    c30.intoArray(c, cAt + 3 * cStride);
    c31.intoArray(c, cAt + 3 * cStride + COUNT);
    c40.intoArray(c, cAt + 4 * cStride);
    c41.intoArray(c, cAt + 4 * cStride + COUNT);
    c50.intoArray(c, cAt + 5 * cStride);
    c51.intoArray(c, cAt + 5 * cStride + COUNT);
  }
}
