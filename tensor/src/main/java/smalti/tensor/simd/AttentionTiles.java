package smalti.tensor.simd;

import static smalti.tensor.simd.AttentionPlan.PANEL;
import static smalti.tensor.simd.AttentionPlan.ROWS;
import static smalti.tensor.simd.AttentionPlan.STRIDE;
import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.load;

import jdk.incubator.vector.FloatVector;

/// Multiplies the small matrices inside attention, a tile of four rows by two vectors at a time. As
/// in [Tile], the eight sums stay in registers, and all that the inner loops read lies at constant
/// distances: with a distance that is only known while running, C2 moves sums to memory and back in
/// each step. All three loops are longer than what C2 inlines (325 bytes of bytecode, which a test
/// holds): inlined into the loops around them they lose their registers to those, and past 8000
/// bytes C2 stops inlining the Vector API itself, which makes each vector an object.
final class AttentionTiles {
  private AttentionTiles() {}

  /// Computes a tile of scores: `out[r, j] = Σ_d strip[d, r]·panel[d, j]`.
  ///
  /// @param strip four rows, transposed: `depth` times four numbers
  /// @param panel keys, transposed: `depth` times [AttentionPlan#PANEL] numbers
  /// @param out with rows [AttentionPlan#STRIDE] apart
  static void scores(
      float[] strip, int stripAt, float[] panel, int panelAt, int depth, float[] out, int outAt) {
    FloatVector c00 = all(0);
    FloatVector c01 = all(0);
    FloatVector c10 = all(0);
    FloatVector c11 = all(0);
    FloatVector c20 = all(0);
    FloatVector c21 = all(0);
    FloatVector c30 = all(0);
    FloatVector c31 = all(0);
    for (int d = 0; d < depth; d++) {
      FloatVector b0 = load(panel, panelAt + d * PANEL);
      FloatVector b1 = load(panel, panelAt + d * PANEL + COUNT);
      FloatVector a0 = all(strip[stripAt + d * ROWS]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = all(strip[stripAt + d * ROWS + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = all(strip[stripAt + d * ROWS + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = all(strip[stripAt + d * ROWS + 3]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    c00.intoArray(out, outAt);
    c01.intoArray(out, outAt + COUNT);
    c10.intoArray(out, outAt + STRIDE);
    c11.intoArray(out, outAt + STRIDE + COUNT);
    c20.intoArray(out, outAt + 2 * STRIDE);
    c21.intoArray(out, outAt + 2 * STRIDE + COUNT);
    c30.intoArray(out, outAt + 3 * STRIDE);
    c31.intoArray(out, outAt + 3 * STRIDE + COUNT);
  }

  /// Adds `Σ_j s[r, j]·panel[j, …]` to row `r` of `c`, for four rows of scores and two vectors of
  /// columns.
  ///
  /// @param s with rows [AttentionPlan#STRIDE] apart
  /// @param panel `depth` times [AttentionPlan#PANEL] numbers
  static void addRowsTimes(
      float[] s, int sAt, float[] panel, int panelAt, int depth, float[] c, int cAt, int cStride) {
    FloatVector c00 = load(c, cAt);
    FloatVector c01 = load(c, cAt + COUNT);
    FloatVector c10 = load(c, cAt + cStride);
    FloatVector c11 = load(c, cAt + cStride + COUNT);
    FloatVector c20 = load(c, cAt + 2 * cStride);
    FloatVector c21 = load(c, cAt + 2 * cStride + COUNT);
    FloatVector c30 = load(c, cAt + 3 * cStride);
    FloatVector c31 = load(c, cAt + 3 * cStride + COUNT);
    for (int j = 0; j < depth; j++) {
      FloatVector b0 = load(panel, panelAt + j * PANEL);
      FloatVector b1 = load(panel, panelAt + j * PANEL + COUNT);
      FloatVector a0 = all(s[sAt + j]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = all(s[sAt + j + STRIDE]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = all(s[sAt + j + 2 * STRIDE]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = all(s[sAt + j + 3 * STRIDE]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + COUNT);
    c10.intoArray(c, cAt + cStride);
    c11.intoArray(c, cAt + cStride + COUNT);
    c20.intoArray(c, cAt + 2 * cStride);
    c21.intoArray(c, cAt + 2 * cStride + COUNT);
    c30.intoArray(c, cAt + 3 * cStride);
    c31.intoArray(c, cAt + 3 * cStride + COUNT);
  }

  /// Adds `Σ_i s[i, r]·panel[i, …]` to row `r` of `c`, for four columns of scores and two vectors
  /// of columns.
  ///
  /// @param s with rows [AttentionPlan#STRIDE] apart
  /// @param panel `depth` times [AttentionPlan#PANEL] numbers
  static void addColumnsTimes(
      float[] s, int sAt, float[] panel, int panelAt, int depth, float[] c, int cAt, int cStride) {
    FloatVector c00 = load(c, cAt);
    FloatVector c01 = load(c, cAt + COUNT);
    FloatVector c10 = load(c, cAt + cStride);
    FloatVector c11 = load(c, cAt + cStride + COUNT);
    FloatVector c20 = load(c, cAt + 2 * cStride);
    FloatVector c21 = load(c, cAt + 2 * cStride + COUNT);
    FloatVector c30 = load(c, cAt + 3 * cStride);
    FloatVector c31 = load(c, cAt + 3 * cStride + COUNT);
    for (int i = 0; i < depth; i++) {
      FloatVector b0 = load(panel, panelAt + i * PANEL);
      FloatVector b1 = load(panel, panelAt + i * PANEL + COUNT);
      FloatVector a0 = all(s[sAt + i * STRIDE]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = all(s[sAt + i * STRIDE + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = all(s[sAt + i * STRIDE + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = all(s[sAt + i * STRIDE + 3]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + COUNT);
    c10.intoArray(c, cAt + cStride);
    c11.intoArray(c, cAt + cStride + COUNT);
    c20.intoArray(c, cAt + 2 * cStride);
    c21.intoArray(c, cAt + 2 * cStride + COUNT);
    c30.intoArray(c, cAt + 3 * cStride);
    c31.intoArray(c, cAt + 3 * cStride + COUNT);
  }
}
