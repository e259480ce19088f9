package smalti.tensor.simd;

import static smalti.tensor.simd.Tile.COLUMNS;
import static smalti.tensor.simd.Tile.DEPTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Holds the innermost loops of [Tile] for six rows and two vectors of columns, where most of the
/// time of training is spent: what [TileLoops] does with four rows. Read those first.
///
/// Twelve sums, a third more than hide the latency of the multiply-adds, leave four of sixteen
/// registers for the rest. C2 would load and broadcast all six numbers of a step before its first
/// multiply-add, and keep sums in memory to make room for them, which takes three times as long. So
/// two ways out of the loop, which are never taken and want all sums, part the step into three: C2
/// moves no multiply-add across them, and a broadcast no further than it must.
///
/// A step is 20 instructions that no program can do without, and here 7 more. That matters where
/// another thread shares the core: it takes half of the instructions that the core can begin, but
/// little of the multiply-add units.
final class SixRowLoops {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;
  private static final int WIDTH = Lanes.COUNT;

  /// The rows of a strip.
  static final int ROWS = 6;

  /// The step at which a loop is left. There is none, but because this is not final, C2 cannot
  /// know.
  @SuppressWarnings("FieldMayBeFinal")
  private static int never = -1;

  private SixRowLoops() {}

  /// Is what the ways out lead to, with the sums up to there. They are not joined with those of the
  /// loop's end: C2 would make objects of them.
  private static AssertionError border(FloatVector... sums) {
    return new AssertionError("a step of no matrix: " + sums.length + " sums");
  }

  /// Multiplies a strip with a packed panel.
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
    FloatVector c40 = FloatVector.broadcast(LANES, start[startAt + 4]);
    FloatVector c41 = c40;
    FloatVector c50 = FloatVector.broadcast(LANES, start[startAt + 5]);
    FloatVector c51 = c50;
    int border = never;
    for (int i = 0; i < 2 * depth; i += 2) {
      FloatVector b0 = FloatVector.fromArray(LANES, panel, panelAt + i * (COLUMNS / 2));
      FloatVector b1 = FloatVector.fromArray(LANES, panel, panelAt + i * (COLUMNS / 2) + WIDTH);
      FloatVector a0 = FloatVector.broadcast(LANES, strip[stripAt + i]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(LANES, strip[stripAt + i + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      if (i == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a2 = FloatVector.broadcast(LANES, strip[stripAt + i + 2 * DEPTH]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, strip[stripAt + i + 1 + 2 * DEPTH]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      if (i == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a4 = FloatVector.broadcast(LANES, strip[stripAt + i + 4 * DEPTH]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = FloatVector.broadcast(LANES, strip[stripAt + i + 1 + 4 * DEPTH]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    // Written out: C2 stops inlining calls in a method of this size, and then makes objects of the
    // vectors.
    FloatVector.fromArray(LANES, base, baseAt).add(c00).intoArray(c, cAt);
    FloatVector.fromArray(LANES, base, baseAt + WIDTH).add(c01).intoArray(c, cAt + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + baseStride).add(c10).intoArray(c, cAt + cStride);
    FloatVector.fromArray(LANES, base, baseAt + baseStride + WIDTH)
        .add(c11)
        .intoArray(c, cAt + cStride + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + 2 * baseStride)
        .add(c20)
        .intoArray(c, cAt + 2 * cStride);
    FloatVector.fromArray(LANES, base, baseAt + 2 * baseStride + WIDTH)
        .add(c21)
        .intoArray(c, cAt + 2 * cStride + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + 3 * baseStride)
        .add(c30)
        .intoArray(c, cAt + 3 * cStride);
    FloatVector.fromArray(LANES, base, baseAt + 3 * baseStride + WIDTH)
        .add(c31)
        .intoArray(c, cAt + 3 * cStride + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + 4 * baseStride)
        .add(c40)
        .intoArray(c, cAt + 4 * cStride);
    FloatVector.fromArray(LANES, base, baseAt + 4 * baseStride + WIDTH)
        .add(c41)
        .intoArray(c, cAt + 4 * cStride + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + 5 * baseStride)
        .add(c50)
        .intoArray(c, cAt + 5 * cStride);
    FloatVector.fromArray(LANES, base, baseAt + 5 * baseStride + WIDTH)
        .add(c51)
        .intoArray(c, cAt + 5 * cStride + WIDTH);
  }

  /// Multiplies a strip with a panel that is read in place.
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
    FloatVector c40 = FloatVector.broadcast(LANES, start[startAt + 4]);
    FloatVector c41 = c40;
    FloatVector c50 = FloatVector.broadcast(LANES, start[startAt + 5]);
    FloatVector c51 = c50;
    int border = never;
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
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a2 = FloatVector.broadcast(LANES, strip[stripAt + 2 * k + 2 * DEPTH]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(LANES, strip[stripAt + 2 * k + 1 + 2 * DEPTH]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      if (k == border) {
        throw border(c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51);
      }
      FloatVector a4 = FloatVector.broadcast(LANES, strip[stripAt + 2 * k + 4 * DEPTH]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = FloatVector.broadcast(LANES, strip[stripAt + 2 * k + 1 + 4 * DEPTH]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    FloatVector.fromArray(LANES, base, baseAt).add(c00).intoArray(c, cAt);
    FloatVector.fromArray(LANES, base, baseAt + WIDTH).add(c01).intoArray(c, cAt + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + baseStride).add(c10).intoArray(c, cAt + cStride);
    FloatVector.fromArray(LANES, base, baseAt + baseStride + WIDTH)
        .add(c11)
        .intoArray(c, cAt + cStride + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + 2 * baseStride)
        .add(c20)
        .intoArray(c, cAt + 2 * cStride);
    FloatVector.fromArray(LANES, base, baseAt + 2 * baseStride + WIDTH)
        .add(c21)
        .intoArray(c, cAt + 2 * cStride + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + 3 * baseStride)
        .add(c30)
        .intoArray(c, cAt + 3 * cStride);
    FloatVector.fromArray(LANES, base, baseAt + 3 * baseStride + WIDTH)
        .add(c31)
        .intoArray(c, cAt + 3 * cStride + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + 4 * baseStride)
        .add(c40)
        .intoArray(c, cAt + 4 * cStride);
    FloatVector.fromArray(LANES, base, baseAt + 4 * baseStride + WIDTH)
        .add(c41)
        .intoArray(c, cAt + 4 * cStride + WIDTH);
    FloatVector.fromArray(LANES, base, baseAt + 5 * baseStride)
        .add(c50)
        .intoArray(c, cAt + 5 * cStride);
    FloatVector.fromArray(LANES, base, baseAt + 5 * baseStride + WIDTH)
        .add(c51)
        .intoArray(c, cAt + 5 * cStride + WIDTH);
  }
}
