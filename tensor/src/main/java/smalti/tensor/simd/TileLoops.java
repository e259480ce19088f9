package smalti.tensor.simd;

import static smalti.tensor.simd.Tile.COLUMNS;
import static smalti.tensor.simd.Tile.DEPTH;
import static smalti.tensor.simd.Tile.ROWS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Holds the innermost loops of [Tile]: `c = start + strip · panel`, or that added to `c`, for four
/// rows and two vectors of columns. They differ in where the numbers lie, and each has its places
/// as constants: a loop with the distances in variables checks every index and takes twice as long.
///
/// - `strip` has four rows, and `start` one number for each;
/// - `cStride` is the distance between the rows of `c`.
final class TileLoops {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;
  private static final int WIDTH = Lanes.COUNT;

  private TileLoops() {}

  /// Multiplies a strip whose rows lie [Tile#DEPTH] apart.
  ///
  /// @param panel `depth` rows of [Tile#COLUMNS] numbers
  static void rows(
      float[] strip,
      int stripAt,
      float[] panel,
      int panelAt,
      int depth,
      float[] start,
      int startAt,
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    FloatVector c00 = FloatVector.broadcast(LANES, start[startAt]);
    FloatVector c01 = c00;
    FloatVector c10 = FloatVector.broadcast(LANES, start[startAt + 1]);
    FloatVector c11 = c10;
    FloatVector c20 = FloatVector.broadcast(LANES, start[startAt + 2]);
    FloatVector c21 = c20;
    FloatVector c30 = FloatVector.broadcast(LANES, start[startAt + 3]);
    FloatVector c31 = c30;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromArray(LANES, panel, panelAt + k * COLUMNS);
      FloatVector b1 = FloatVector.fromArray(LANES, panel, panelAt + k * COLUMNS + WIDTH);
      FloatVector a0 = FloatVector.broadcast(LANES, strip[stripAt + k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, strip[stripAt + k + DEPTH]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(LANES, strip[stripAt + k + 2 * DEPTH]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, strip[stripAt + k + 3 * DEPTH]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    store(c00, c01, c, cAt, accumulate);
    store(c10, c11, c, cAt + cStride, accumulate);
    store(c20, c21, c, cAt + 2 * cStride, accumulate);
    store(c30, c31, c, cAt + 3 * cStride, accumulate);
  }

  /// Computes what [#rows] does with a strip whose columns of four numbers lie one after another.
  static void columns(
      float[] strip,
      int stripAt,
      float[] panel,
      int panelAt,
      int depth,
      float[] start,
      int startAt,
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    FloatVector c00 = FloatVector.broadcast(LANES, start[startAt]);
    FloatVector c01 = c00;
    FloatVector c10 = FloatVector.broadcast(LANES, start[startAt + 1]);
    FloatVector c11 = c10;
    FloatVector c20 = FloatVector.broadcast(LANES, start[startAt + 2]);
    FloatVector c21 = c20;
    FloatVector c30 = FloatVector.broadcast(LANES, start[startAt + 3]);
    FloatVector c31 = c30;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromArray(LANES, panel, panelAt + k * COLUMNS);
      FloatVector b1 = FloatVector.fromArray(LANES, panel, panelAt + k * COLUMNS + WIDTH);
      FloatVector a0 = FloatVector.broadcast(LANES, strip[stripAt + k * ROWS]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, strip[stripAt + k * ROWS + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(LANES, strip[stripAt + k * ROWS + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, strip[stripAt + k * ROWS + 3]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    store(c00, c01, c, cAt, accumulate);
    store(c10, c11, c, cAt + cStride, accumulate);
    store(c20, c21, c, cAt + 2 * cStride, accumulate);
    store(c30, c31, c, cAt + 3 * cStride, accumulate);
  }

  /// Computes what [#rows] does with a panel that is read in place: row `k` is the vectors at
  /// `leftAt + distances[k]` and `rightAt + distances[k]` of `data`.
  static void inPlace(
      float[] strip,
      int stripAt,
      float[] data,
      int leftAt,
      int rightAt,
      int[] distances,
      int distancesAt,
      int depth,
      float[] start,
      int startAt,
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    FloatVector c00 = FloatVector.broadcast(LANES, start[startAt]);
    FloatVector c01 = c00;
    FloatVector c10 = FloatVector.broadcast(LANES, start[startAt + 1]);
    FloatVector c11 = c10;
    FloatVector c20 = FloatVector.broadcast(LANES, start[startAt + 2]);
    FloatVector c21 = c20;
    FloatVector c30 = FloatVector.broadcast(LANES, start[startAt + 3]);
    FloatVector c31 = c30;
    for (int k = 0; k < depth; k++) {
      int distance = distances[distancesAt + k];
      FloatVector b0 = FloatVector.fromArray(LANES, data, leftAt + distance);
      FloatVector b1 = FloatVector.fromArray(LANES, data, rightAt + distance);
      FloatVector a0 = FloatVector.broadcast(LANES, strip[stripAt + k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, strip[stripAt + k + DEPTH]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(LANES, strip[stripAt + k + 2 * DEPTH]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, strip[stripAt + k + 3 * DEPTH]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    store(c00, c01, c, cAt, accumulate);
    store(c10, c11, c, cAt + cStride, accumulate);
    store(c20, c21, c, cAt + 2 * cStride, accumulate);
    store(c30, c31, c, cAt + 3 * cStride, accumulate);
  }

  /// Computes what [#rows] does for eight rows (two strips) and the left half of the panel.
  static void narrow(
      float[] strips,
      int stripsAt,
      float[] panel,
      int panelAt,
      int depth,
      float[] start,
      int startAt,
      float[] c,
      int cAt,
      int cStride,
      boolean accumulate) {
    FloatVector c0 = FloatVector.broadcast(LANES, start[startAt]);
    FloatVector c1 = FloatVector.broadcast(LANES, start[startAt + 1]);
    FloatVector c2 = FloatVector.broadcast(LANES, start[startAt + 2]);
    FloatVector c3 = FloatVector.broadcast(LANES, start[startAt + 3]);
    FloatVector c4 = FloatVector.broadcast(LANES, start[startAt + 4]);
    FloatVector c5 = FloatVector.broadcast(LANES, start[startAt + 5]);
    FloatVector c6 = FloatVector.broadcast(LANES, start[startAt + 6]);
    FloatVector c7 = FloatVector.broadcast(LANES, start[startAt + 7]);
    for (int k = 0; k < depth; k++) {
      FloatVector b = FloatVector.fromArray(LANES, panel, panelAt + k * COLUMNS);
      int at = stripsAt + k;
      c0 = FloatVector.broadcast(LANES, strips[at]).fma(b, c0);
      c1 = FloatVector.broadcast(LANES, strips[at + DEPTH]).fma(b, c1);
      c2 = FloatVector.broadcast(LANES, strips[at + 2 * DEPTH]).fma(b, c2);
      c3 = FloatVector.broadcast(LANES, strips[at + 3 * DEPTH]).fma(b, c3);
      c4 = FloatVector.broadcast(LANES, strips[at + 4 * DEPTH]).fma(b, c4);
      c5 = FloatVector.broadcast(LANES, strips[at + 5 * DEPTH]).fma(b, c5);
      c6 = FloatVector.broadcast(LANES, strips[at + 6 * DEPTH]).fma(b, c6);
      c7 = FloatVector.broadcast(LANES, strips[at + 7 * DEPTH]).fma(b, c7);
    }
    store(c0, c, cAt, accumulate);
    store(c1, c, cAt + cStride, accumulate);
    store(c2, c, cAt + 2 * cStride, accumulate);
    store(c3, c, cAt + 3 * cStride, accumulate);
    store(c4, c, cAt + 4 * cStride, accumulate);
    store(c5, c, cAt + 5 * cStride, accumulate);
    store(c6, c, cAt + 6 * cStride, accumulate);
    store(c7, c, cAt + 7 * cStride, accumulate);
  }

  private static void store(
      FloatVector left, FloatVector right, float[] c, int at, boolean accumulate) {
    store(left, c, at, accumulate);
    store(right, c, at + WIDTH, accumulate);
  }

  private static void store(FloatVector v, float[] c, int at, boolean accumulate) {
    if (accumulate) {
      v.add(FloatVector.fromArray(LANES, c, at)).intoArray(c, at);
    } else {
      v.intoArray(c, at);
    }
  }
}
