package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Transforms what a 3×3 convolution multiplies, so that there is less of it (Lavin and Gray 2016,
/// F(2×2, 3×3)): with `d` 4 × 4 pixels of the input and `g` a kernel, 2 × 2 pixels of the output
/// are `Aᵀ[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]A`, which takes 16 multiplications in place of 36.
///
/// ```
///      1  0 −1  0        1    0    0
/// Bᵀ = 0  1  1  0    G = 1/2  1/2  1/2    Aᵀ = 1  1  1  0
///      0 −1  1  0        1/2 −1/2  1/2         0  1 −1 −1
///      0  1  0 −1        0    0    1
/// ```
///
/// A *tile* is 2 × 2 pixels of the output and what belongs to them, a *place* one of the 16 numbers
/// that are multiplied for it. Tiles are taken a vector at a time, whatever rows they are in: rows
/// of the image, times `B`, are kept in planes ([#rows]) where a tile's neighbour is the next
/// number, from the end of one row of tiles to the beginning of the next.
final class Winograd {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;
  private static final int WIDTH = Lanes.COUNT;
  private static final VectorShuffle<Float> EVEN = VectorShuffle.makeUnzip(LANES, 0);
  private static final VectorShuffle<Float> ODD = VectorShuffle.makeUnzip(LANES, 1);
  private static final VectorShuffle<Float> FIRST_HALVES = VectorShuffle.makeZip(LANES, 0);
  private static final VectorShuffle<Float> SECOND_HALVES = VectorShuffle.makeZip(LANES, 1);

  /// The side of a transformed tile.
  static final int SIDE = 4;

  /// The places of a transformed tile.
  static final int PLACES = SIDE * SIDE;

  private Winograd() {}

  /// Computes `G·g·Gᵀ` of the 3 × 3 numbers at `first`, `first + step`, …
  ///
  /// @param distance between two places of the result
  static void kernel(float[] g, int first, int step, float[] out, int at, int distance) {
    float g00 = g[first];
    float g01 = g[first + step];
    float g02 = g[first + 2 * step];
    float g10 = g[first + 3 * step];
    float g11 = g[first + 4 * step];
    float g12 = g[first + 5 * step];
    float g20 = g[first + 6 * step];
    float g21 = g[first + 7 * step];
    float g22 = g[first + 8 * step];
    float even0 = 0.5f * (g00 + g20);
    float even1 = 0.5f * (g01 + g21);
    float even2 = 0.5f * (g02 + g22);
    float odd0 = 0.5f * g10;
    float odd1 = 0.5f * g11;
    float odd2 = 0.5f * g12;
    int next = SIDE * distance;
    row(g00, g01, g02, out, at, distance);
    row(even0 + odd0, even1 + odd1, even2 + odd2, out, at + next, distance);
    row(even0 - odd0, even1 - odd1, even2 - odd2, out, at + 2 * next, distance);
    row(g20, g21, g22, out, at + 3 * next, distance);
  }

  /// Computes three numbers times `Gᵀ`.
  private static void row(float x0, float x1, float x2, float[] out, int at, int distance) {
    float even = 0.5f * (x0 + x2);
    float odd = 0.5f * x1;
    out[at] = x0;
    out[at + distance] = even + odd;
    out[at + 2 * distance] = even - odd;
    out[at + 3 * distance] = x2;
  }

  /// Multiplies a row of an image by `B`: each tile's four columns, for `tiles` tiles side by side.
  ///
  /// @param line the row with its padding, `2·tiles + 2` numbers, and zeros for two vectors more
  /// @param planes four, `distance` apart: `d·B` of the row's tiles, from `at`; as many numbers as
  ///   fill vectors are written
  static void row(float[] line, int tiles, float[] planes, int at, int distance) {
    for (int j = 0; j < tiles; j += WIDTH) {
      FloatVector a = FloatVector.fromArray(LANES, line, 2 * j);
      FloatVector b = FloatVector.fromArray(LANES, line, 2 * j + WIDTH);
      FloatVector d0 = a.rearrange(EVEN, b);
      FloatVector d1 = a.rearrange(ODD, b);
      a = FloatVector.fromArray(LANES, line, 2 * j + 2);
      b = FloatVector.fromArray(LANES, line, 2 * j + 2 + WIDTH);
      FloatVector d2 = a.rearrange(EVEN, b);
      FloatVector d3 = a.rearrange(ODD, b);
      d0.sub(d2).intoArray(planes, at + j);
      d1.add(d2).intoArray(planes, at + j + distance);
      d2.sub(d1).intoArray(planes, at + j + 2 * distance);
      d1.sub(d3).intoArray(planes, at + j + 3 * distance);
    }
  }

  /// Multiplies `Bᵀ` by four rows, for one column of a vector of tiles: writes the column's four
  /// places.
  ///
  /// @param even the first and third row, `next` apart
  /// @param odd the second and fourth
  /// @param places where to, rows of places `distance` apart
  static void column(
      float[] planes, int even, int odd, int next, float[] places, int at, int distance) {
    FloatVector d0 = FloatVector.fromArray(LANES, planes, even);
    FloatVector d1 = FloatVector.fromArray(LANES, planes, odd);
    FloatVector d2 = FloatVector.fromArray(LANES, planes, even + next);
    FloatVector d3 = FloatVector.fromArray(LANES, planes, odd + next);
    d0.sub(d2).intoArray(places, at);
    d1.add(d2).intoArray(places, at + distance);
    d2.sub(d1).intoArray(places, at + 2 * distance);
    d1.sub(d3).intoArray(places, at + 3 * distance);
  }

  /// Multiplies a row of an output's gradient by `Aᵀ` from the right: each tile's two columns, for
  /// `tiles` tiles side by side.
  ///
  /// @param line the row, `2·tiles` numbers, and zeros for two vectors more
  /// @param planes four, `distance` apart, from `at`; as many numbers as fill vectors are written
  static void gradientRow(float[] line, int tiles, float[] planes, int at, int distance) {
    for (int j = 0; j < tiles; j += WIDTH) {
      FloatVector a = FloatVector.fromArray(LANES, line, 2 * j);
      FloatVector b = FloatVector.fromArray(LANES, line, 2 * j + WIDTH);
      FloatVector y0 = a.rearrange(EVEN, b);
      FloatVector y1 = a.rearrange(ODD, b);
      y0.intoArray(planes, at + j);
      y0.add(y1).intoArray(planes, at + j + distance);
      y0.sub(y1).intoArray(planes, at + j + 2 * distance);
      y1.neg().intoArray(planes, at + j + 3 * distance);
    }
  }

  /// Multiplies `A` by two rows of [#gradientRow], for one column of a vector of tiles: writes the
  /// column's four places.
  ///
  /// @param places where to, rows of places `distance` apart
  static void gradientColumn(
      float[] planes, int even, int odd, float[] places, int at, int distance) {
    FloatVector y0 = FloatVector.fromArray(LANES, planes, even);
    FloatVector y1 = FloatVector.fromArray(LANES, planes, odd);
    y0.intoArray(places, at);
    y0.add(y1).intoArray(places, at + distance);
    y0.sub(y1).intoArray(places, at + 2 * distance);
    y1.neg().intoArray(places, at + 3 * distance);
  }

  /// Computes `Gᵀ·m·G`, the gradient of a kernel, from the sums of its 16 places, `distance` apart.
  static void kernelGradient(float[] m, int first, int distance, float[] out, int at) {
    for (int i = 0; i < 3; i++) {
      // row i of Gᵀ·m
      float x0 = column(m, first, SIDE * distance, i);
      float x1 = column(m, first + distance, SIDE * distance, i);
      float x2 = column(m, first + 2 * distance, SIDE * distance, i);
      float x3 = column(m, first + 3 * distance, SIDE * distance, i);
      out[at + 3 * i] = x0 + 0.5f * (x1 + x2);
      out[at + 3 * i + 1] = 0.5f * (x1 - x2);
      out[at + 3 * i + 2] = 0.5f * (x1 + x2) + x3;
    }
  }

  /// Computes number `i` of `Gᵀ` times four numbers.
  private static float column(float[] m, int at, int stride, int i) {
    float m1 = m[at + stride];
    float m2 = m[at + 2 * stride];
    return switch (i) {
      case 0 -> m[at] + 0.5f * (m1 + m2);
      case 1 -> 0.5f * (m1 - m2);
      default -> 0.5f * (m1 + m2) + m[at + 3 * stride];
    };
  }

  /// Multiplies `Aᵀ` by the products of one column of places: of `n` tiles, whole vectors.
  ///
  /// @param products rows of places `distance` apart
  /// @param out both rows of the result, `n` apart
  static void sumColumn(float[] products, int at, int distance, int n, float[] out, int outAt) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector m0 = FloatVector.fromArray(LANES, products, at + i);
      FloatVector m1 = FloatVector.fromArray(LANES, products, at + i + distance);
      FloatVector m2 = FloatVector.fromArray(LANES, products, at + i + 2 * distance);
      FloatVector m3 = FloatVector.fromArray(LANES, products, at + i + 3 * distance);
      m0.add(m1).add(m2).intoArray(out, outAt + i);
      m1.sub(m2).sub(m3).intoArray(out, outAt + i + n);
    }
  }

  /// Multiplies one row of `Aᵀ·m` by `A` and adds `bias`: a row of pixels, two for each tile.
  /// Returns whether all are finite.
  ///
  /// @param columns four, `distance` apart, of `n` tiles, whole vectors
  static boolean pixels(
      float[] columns, int at, int distance, int n, float bias, float[] out, int outAt) {
    FloatVector zeros = FloatVector.broadcast(LANES, 0f);
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector t0 = FloatVector.fromArray(LANES, columns, at + i);
      FloatVector t1 = FloatVector.fromArray(LANES, columns, at + i + distance);
      FloatVector t2 = FloatVector.fromArray(LANES, columns, at + i + 2 * distance);
      FloatVector t3 = FloatVector.fromArray(LANES, columns, at + i + 3 * distance);
      FloatVector left = t0.add(t1).add(t2).add(bias);
      FloatVector right = t1.sub(t2).sub(t3).add(bias);
      left.rearrange(FIRST_HALVES, right).intoArray(out, outAt + 2 * i);
      left.rearrange(SECOND_HALVES, right).intoArray(out, outAt + 2 * i + WIDTH);
      zeros = left.add(right).fma(FloatVector.broadcast(LANES, 0f), zeros); // 0·∞ is NaN
    }
    return zeros.compare(VectorOperators.EQ, 0f).allTrue();
  }

  /// Copies a row of an image between `left` zeros and as many as make `n` numbers; a row that is
  /// not there is zeros.
  static void line(float[] x, int at, boolean there, int width, int left, float[] line, int n) {
    int from = Math.max(0, -left);
    int to = Math.max(0, left);
    int here = there ? Math.clamp(width - from, 0, n - to) : 0;
    Arrays.fill(line, 0, Math.min(to, n), 0);
    System.arraycopy(x, here > 0 ? at + from : 0, line, to, here);
    Arrays.fill(line, Math.min(to, n) + here, n, 0);
  }
}
