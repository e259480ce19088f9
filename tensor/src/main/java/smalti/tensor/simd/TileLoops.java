package smalti.tensor.simd;

import static smalti.tensor.simd.Tile.COLUMNS;
import static smalti.tensor.simd.Tile.DEPTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Holds the innermost loops of [Tile]: `c = start + strip · panel + base`, for four rows and two
/// vectors of columns. [SixRowLoops] has the same for six rows. They differ in where the numbers
/// lie, and each has its places as constants: a loop with the distances in variables checks every
/// index and takes twice as long.
///
/// - `strip` has its rows in pairs, two numbers for each step ([Packing#block]), so that one
///   register counts the steps and finds the numbers of both factors;
/// - `start` has one number for each row;
/// - `base` is added to the sums in the end: what was in `c`, or zeros. A branch there instead
///   would have C2 compile the loop anew when the rarer side is taken for the first time;
/// - `cStride` is the distance between the rows of `c`.
final class TileLoops {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;
  private static final int WIDTH = Lanes.COUNT;

  private TileLoops() {}

  /// Multiplies a strip with a packed panel: `depth` rows of [Tile#COLUMNS] numbers.
  static void packed(
      float[] strip,
      int stripAt,
      float[] panel,
      int panelAt,
      int depth,
      float[] start,
      int startAt,
      float[] base,
      int baseAt,
      int baseStride,
      float[] c,
      int cAt,
      int cStride) {
    FloatVector c00 = FloatVector.broadcast(LANES, start[startAt]);
    FloatVector c01 = c00;
    FloatVector c10 = FloatVector.broadcast(LANES, start[startAt + 1]);
    FloatVector c11 = c10;
    FloatVector c20 = FloatVector.broadcast(LANES, start[startAt + 2]);
    FloatVector c21 = c20;
    FloatVector c30 = FloatVector.broadcast(LANES, start[startAt + 3]);
    FloatVector c31 = c30;
    for (int i = 0; i < 2 * depth; i += 2) {
      FloatVector b0 = FloatVector.fromArray(LANES, panel, panelAt + i * (COLUMNS / 2));
      FloatVector b1 = FloatVector.fromArray(LANES, panel, panelAt + i * (COLUMNS / 2) + WIDTH);
      FloatVector a0 = FloatVector.broadcast(LANES, strip[stripAt + i]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, strip[stripAt + i + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(LANES, strip[stripAt + i + 2 * DEPTH]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, strip[stripAt + i + 1 + 2 * DEPTH]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    store(c00, c01, base, baseAt, c, cAt);
    store(c10, c11, base, baseAt + baseStride, c, cAt + cStride);
    store(c20, c21, base, baseAt + 2 * baseStride, c, cAt + 2 * cStride);
    store(c30, c31, base, baseAt + 3 * baseStride, c, cAt + 3 * cStride);
  }

  /// Multiplies a strip with a panel that is read in place: row `k` is the vectors at `leftAt +
  /// distances[k]` and `rightAt + distances[k]` of `data`.
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
      float[] base,
      int baseAt,
      int baseStride,
      float[] c,
      int cAt,
      int cStride) {
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
      FloatVector a0 = FloatVector.broadcast(LANES, strip[stripAt + 2 * k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, strip[stripAt + 2 * k + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(LANES, strip[stripAt + 2 * k + 2 * DEPTH]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, strip[stripAt + 2 * k + 1 + 2 * DEPTH]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    store(c00, c01, base, baseAt, c, cAt);
    store(c10, c11, base, baseAt + baseStride, c, cAt + cStride);
    store(c20, c21, base, baseAt + 2 * baseStride, c, cAt + 2 * cStride);
    store(c30, c31, base, baseAt + 3 * baseStride, c, cAt + 3 * cStride);
  }

  /// Computes what [#packed] does for eight rows (two strips) and the left half of the panel.
  static void narrow(
      float[] strips,
      int stripsAt,
      float[] panel,
      int panelAt,
      int depth,
      float[] start,
      int startAt,
      float[] base,
      int baseAt,
      int baseStride,
      float[] c,
      int cAt,
      int cStride) {
    FloatVector c0 = FloatVector.broadcast(LANES, start[startAt]);
    FloatVector c1 = FloatVector.broadcast(LANES, start[startAt + 1]);
    FloatVector c2 = FloatVector.broadcast(LANES, start[startAt + 2]);
    FloatVector c3 = FloatVector.broadcast(LANES, start[startAt + 3]);
    FloatVector c4 = FloatVector.broadcast(LANES, start[startAt + 4]);
    FloatVector c5 = FloatVector.broadcast(LANES, start[startAt + 5]);
    FloatVector c6 = FloatVector.broadcast(LANES, start[startAt + 6]);
    FloatVector c7 = FloatVector.broadcast(LANES, start[startAt + 7]);
    for (int i = 0; i < 2 * depth; i += 2) {
      FloatVector b = FloatVector.fromArray(LANES, panel, panelAt + i * (COLUMNS / 2));
      int at = stripsAt + i;
      c0 = FloatVector.broadcast(LANES, strips[at]).fma(b, c0);
      c1 = FloatVector.broadcast(LANES, strips[at + 1]).fma(b, c1);
      c2 = FloatVector.broadcast(LANES, strips[at + 2 * DEPTH]).fma(b, c2);
      c3 = FloatVector.broadcast(LANES, strips[at + 1 + 2 * DEPTH]).fma(b, c3);
      c4 = FloatVector.broadcast(LANES, strips[at + 4 * DEPTH]).fma(b, c4);
      c5 = FloatVector.broadcast(LANES, strips[at + 1 + 4 * DEPTH]).fma(b, c5);
      c6 = FloatVector.broadcast(LANES, strips[at + 6 * DEPTH]).fma(b, c6);
      c7 = FloatVector.broadcast(LANES, strips[at + 1 + 6 * DEPTH]).fma(b, c7);
    }
    store(c0, base, baseAt, c, cAt);
    store(c1, base, baseAt + baseStride, c, cAt + cStride);
    store(c2, base, baseAt + 2 * baseStride, c, cAt + 2 * cStride);
    store(c3, base, baseAt + 3 * baseStride, c, cAt + 3 * cStride);
    store(c4, base, baseAt + 4 * baseStride, c, cAt + 4 * cStride);
    store(c5, base, baseAt + 5 * baseStride, c, cAt + 5 * cStride);
    store(c6, base, baseAt + 6 * baseStride, c, cAt + 6 * cStride);
    store(c7, base, baseAt + 7 * baseStride, c, cAt + 7 * cStride);
  }

  static void store(
      FloatVector left, FloatVector right, float[] base, int baseAt, float[] c, int at) {
    store(left, base, baseAt, c, at);
    store(right, base, baseAt + WIDTH, c, at + WIDTH);
  }

  private static void store(FloatVector v, float[] base, int baseAt, float[] c, int at) {
    // The other way round C2 would not know which vectors these are, if others are in use too.
    FloatVector.fromArray(LANES, base, baseAt).add(v).intoArray(c, at);
  }
}
