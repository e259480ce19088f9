package smalti.tensor.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Holds the innermost loop of [ConvGradWeight]: the dot products of six rows with two. Each step
/// loads eight vectors for twelve multiply-adds, and nothing is broadcast.
///
/// As in [SixRowLoops], ways out of the loop that are never taken keep C2 from loading all rows
/// before the first multiply-add, for which there are not enough registers: with them the loop runs
/// at 94 to 110 GFLOP/s where the machine can do 113, a loop of two rows and three at 53.
final class DotLoops {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;
  private static final int WIDTH = Lanes.COUNT;

  /// The rows on one side.
  static final int SIX = 6;

  /// The rows on the other side.
  static final int TWO = 2;

  /// The step at which the loop is left. There is none, but because this is not final, C2 cannot
  /// know.
  @SuppressWarnings("FieldMayBeFinal")
  private static int never = -1;

  private DotLoops() {}

  private static AssertionError border(FloatVector... sums) {
    return new AssertionError("a step of no row: " + sums.length + " sums");
  }

  /// Adds the products of six rows of `six`, from `a0` to `a5`, with two of `two`, to twelve sums
  /// of [Lanes#COUNT] numbers each: the first row's two, the second's, and so on.
  ///
  /// @param n numbers of a row, whole vectors
  static void add(
      float[] six,
      int a0,
      int a1,
      int a2,
      int a3,
      int a4,
      int a5,
      float[] two,
      int b0,
      int b1,
      int n,
      float[] sums,
      int at) {
    FloatVector s00 = FloatVector.fromArray(LANES, sums, at);
    FloatVector s01 = FloatVector.fromArray(LANES, sums, at + WIDTH);
    FloatVector s10 = FloatVector.fromArray(LANES, sums, at + 2 * WIDTH);
    FloatVector s11 = FloatVector.fromArray(LANES, sums, at + 3 * WIDTH);
    FloatVector s20 = FloatVector.fromArray(LANES, sums, at + 4 * WIDTH);
    FloatVector s21 = FloatVector.fromArray(LANES, sums, at + 5 * WIDTH);
    FloatVector s30 = FloatVector.fromArray(LANES, sums, at + 6 * WIDTH);
    FloatVector s31 = FloatVector.fromArray(LANES, sums, at + 7 * WIDTH);
    FloatVector s40 = FloatVector.fromArray(LANES, sums, at + 8 * WIDTH);
    FloatVector s41 = FloatVector.fromArray(LANES, sums, at + 9 * WIDTH);
    FloatVector s50 = FloatVector.fromArray(LANES, sums, at + 10 * WIDTH);
    FloatVector s51 = FloatVector.fromArray(LANES, sums, at + 11 * WIDTH);
    int border = never;
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector y0 = FloatVector.fromArray(LANES, two, b0 + i);
      FloatVector y1 = FloatVector.fromArray(LANES, two, b1 + i);
      FloatVector x0 = FloatVector.fromArray(LANES, six, a0 + i);
      s00 = x0.fma(y0, s00);
      s01 = x0.fma(y1, s01);
      FloatVector x1 = FloatVector.fromArray(LANES, six, a1 + i);
      s10 = x1.fma(y0, s10);
      s11 = x1.fma(y1, s11);
      if (i == border) {
        throw border(s00, s01, s10, s11, s20, s21, s30, s31, s40, s41, s50, s51);
      }
      FloatVector x2 = FloatVector.fromArray(LANES, six, a2 + i);
      s20 = x2.fma(y0, s20);
      s21 = x2.fma(y1, s21);
      FloatVector x3 = FloatVector.fromArray(LANES, six, a3 + i);
      s30 = x3.fma(y0, s30);
      s31 = x3.fma(y1, s31);
      if (i == border) {
        throw border(s00, s01, s10, s11, s20, s21, s30, s31, s40, s41, s50, s51);
      }
      FloatVector x4 = FloatVector.fromArray(LANES, six, a4 + i);
      s40 = x4.fma(y0, s40);
      s41 = x4.fma(y1, s41);
      FloatVector x5 = FloatVector.fromArray(LANES, six, a5 + i);
      s50 = x5.fma(y0, s50);
      s51 = x5.fma(y1, s51);
    }
    s00.intoArray(sums, at);
    s01.intoArray(sums, at + WIDTH);
    s10.intoArray(sums, at + 2 * WIDTH);
    s11.intoArray(sums, at + 3 * WIDTH);
    s20.intoArray(sums, at + 4 * WIDTH);
    s21.intoArray(sums, at + 5 * WIDTH);
    s30.intoArray(sums, at + 6 * WIDTH);
    s31.intoArray(sums, at + 7 * WIDTH);
    s40.intoArray(sums, at + 8 * WIDTH);
    s41.intoArray(sums, at + 9 * WIDTH);
    s50.intoArray(sums, at + 10 * WIDTH);
    s51.intoArray(sums, at + 11 * WIDTH);
  }
}
