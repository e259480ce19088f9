package smalti.tensor.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Parallel;
import smalti.tensor.simd.SimdMatmul.Matrices;

/// Multiplies matrices of which one is only a few rows high (or columns wide): the products of
/// sampling. Each number of the other, large, matrix is used a few times only, so that the time is
/// that of reading it once; it is read in place, in the order in which it lies:
///
/// - where the inner index runs along memory, by dot products of four of its rows at a time;
/// - where the outer index does, by adding four of its rows, scaled, to the result at a time.
final class ThinProduct {
  private static final VectorSpecies<Float> LANES = Lanes.FLOATS;

  /// The most thin rows for dot products; with more, packing pays.
  private static final int MOST_FOR_DOTS = 8;

  /// The most thin rows for scaled sums.
  private static final int MOST_FOR_SUMS = 4;

  /// Numbers of the large matrix that are worth waking another thread for.
  private static final int WORTHWHILE = 32_768;

  /// The most columns of the large matrix that are summed at a time: four rows of it stay in the
  /// first level of cache.
  private static final int MOST_COLUMNS = 1024;

  /// The fewest columns of the large matrix that are summed at a time: shorter parts of its rows
  /// take long to read from memory.
  private static final int LEAST_COLUMNS = 256;

  private ThinProduct() {}

  /// Returns whether `a·b` is such a product.
  static boolean suits(int m, int n, Matrix a, Matrix b) {
    return suits(m, b) || suits(n, a.transposed());
  }

  private static boolean suits(int few, Matrix large) {
    return few <= MOST_FOR_DOTS && large.rowStride() == 1
        || few <= MOST_FOR_SUMS && large.columnStride() == 1;
  }

  /// Computes `c = a·b + base` for each matrix of a batch.
  ///
  /// @param base `c` itself, or rows to begin with; null for 0
  static void run(
      int batch, int m, int n, int k, Matrices a, Matrices b, Matrices c, @Nullable Matrices base) {
    if (!suits(m, b.at(0))) { // the same for the transposed matrices: Cᵀ = Bᵀ·Aᵀ
      run(
          batch,
          n,
          m,
          k,
          i -> b.at(i).transposed(),
          i -> a.at(i).transposed(),
          i -> c.at(i).transposed(),
          base == null ? null : i -> base.at(i).transposed());
      return;
    }
    int least = b.at(0).rowStride() == 1 ? 16 : LEAST_COLUMNS;
    int step = Math.clamp(WORTHWHILE / Math.max(1, k), least, MOST_COLUMNS);
    int across = (n + step - 1) / step;
    int grain = Math.max(1, WORTHWHILE / Math.max(1, k * Math.min(step, n)));
    Parallel.range(
        batch * across,
        grain,
        (start, end) -> {
          for (int piece = start; piece < end; piece++) {
            int index = piece / across;
            int j = piece % across * step;
            int columns = Math.min(step, n - j);
            Matrix large = b.at(index).from(0, j);
            Matrix added = Matrix.part(Matrices.atOrNull(base, index), 0, j);
            columns(a.at(index), large, c.at(index).from(0, j), m, columns, k, added);
          }
        });
  }

  /// Computes some columns of the result, all its rows.
  private static void columns(
      Matrix thin, Matrix large, Matrix c, int m, int n, int k, @Nullable Matrix base) {
    float[] rows = thin.data();
    int at = thin.at();
    int stride = thin.rowStride();
    if (thin.columnStride() != 1) {
      rows = Scratch.floats(Scratch.Use.LEFT, m * k);
      for (int i = 0; i < m; i++) {
        for (int p = 0; p < k; p++) {
          rows[i * k + p] = thin.data()[at + i * stride + p * thin.columnStride()];
        }
      }
      at = 0;
      stride = k;
    }
    float[] result = Scratch.floats(Scratch.Use.RESULT, m * n);
    if (large.rowStride() == 1) {
      dots(rows, at, stride, large, m, n, k, result);
    } else {
      sums(rows, at, stride, large, m, n, k, result);
    }
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        int to = c.at() + i * c.rowStride() + j * c.columnStride();
        float value = result[i * n + j];
        if (base != null) {
          value += base.data()[base.at() + i * base.rowStride() + j * base.columnStride()];
        }
        c.data()[to] = value;
      }
    }
  }

  // ---- dot products ----

  private static void dots(
      float[] x, int xAt, int xStride, Matrix large, int m, int n, int k, float[] result) {
    float[] w = large.data();
    int stride = large.columnStride();
    int j = 0;
    for (; j + 4 <= n; j += 4) {
      int at = large.at() + j * stride;
      for (int i = 0; i < m; i++) {
        fourDots(x, xAt + i * xStride, w, at, stride, k, result, i * n + j);
      }
    }
    for (; j < n; j++) {
      for (int i = 0; i < m; i++) {
        result[i * n + j] = dot(x, xAt + i * xStride, w, large.at() + j * stride, k);
      }
    }
  }

  private static void fourDots(
      float[] x, int xAt, float[] w, int at, int stride, int k, float[] result, int to) {
    FloatVector s0 = FloatVector.zero(LANES);
    FloatVector s1 = FloatVector.zero(LANES);
    FloatVector s2 = FloatVector.zero(LANES);
    FloatVector s3 = FloatVector.zero(LANES);
    int at1 = at + stride;
    int at2 = at + 2 * stride;
    int at3 = at + 3 * stride;
    int p = 0;
    for (int end = LANES.loopBound(k); p < end; p += LANES.length()) {
      FloatVector v = FloatVector.fromArray(LANES, x, xAt + p);
      s0 = v.fma(FloatVector.fromArray(LANES, w, at + p), s0);
      s1 = v.fma(FloatVector.fromArray(LANES, w, at1 + p), s1);
      s2 = v.fma(FloatVector.fromArray(LANES, w, at2 + p), s2);
      s3 = v.fma(FloatVector.fromArray(LANES, w, at3 + p), s3);
    }
    if (p < k) {
      VectorMask<Float> rest = LANES.indexInRange(p, k);
      FloatVector v = FloatVector.fromArray(LANES, x, xAt + p, rest);
      s0 = v.fma(FloatVector.fromArray(LANES, w, at + p, rest), s0);
      s1 = v.fma(FloatVector.fromArray(LANES, w, at1 + p, rest), s1);
      s2 = v.fma(FloatVector.fromArray(LANES, w, at2 + p, rest), s2);
      s3 = v.fma(FloatVector.fromArray(LANES, w, at3 + p, rest), s3);
    }
    result[to] = Lanes.sum(s0);
    result[to + 1] = Lanes.sum(s1);
    result[to + 2] = Lanes.sum(s2);
    result[to + 3] = Lanes.sum(s3);
  }

  private static float dot(float[] x, int xAt, float[] w, int at, int k) {
    FloatVector s = FloatVector.zero(LANES);
    int p = 0;
    for (int end = LANES.loopBound(k); p < end; p += LANES.length()) {
      FloatVector v = FloatVector.fromArray(LANES, x, xAt + p);
      s = v.fma(FloatVector.fromArray(LANES, w, at + p), s);
    }
    if (p < k) {
      VectorMask<Float> rest = LANES.indexInRange(p, k);
      FloatVector v = FloatVector.fromArray(LANES, x, xAt + p, rest);
      s = v.fma(FloatVector.fromArray(LANES, w, at + p, rest), s);
    }
    return Lanes.sum(s);
  }

  // ---- scaled sums ----

  private static void sums(
      float[] x, int xAt, int xStride, Matrix large, int m, int n, int k, float[] result) {
    Arrays.fill(result, 0, m * n, 0);
    float[] w = large.data();
    int stride = large.rowStride();
    int p = 0;
    for (; p + 4 <= k; p += 4) {
      int at = large.at() + p * stride;
      for (int i = 0; i < m; i++) {
        int xi = xAt + i * xStride + p;
        addFour(x[xi], x[xi + 1], x[xi + 2], x[xi + 3], w, at, stride, n, result, i * n);
      }
    }
    for (; p < k; p++) {
      int at = large.at() + p * stride;
      for (int i = 0; i < m; i++) {
        addOne(x[xAt + i * xStride + p], w, at, n, result, i * n);
      }
    }
  }

  private static void addFour(
      float x0,
      float x1,
      float x2,
      float x3,
      float[] w,
      int at,
      int stride,
      int n,
      float[] y,
      int yAt) {
    FloatVector v0 = FloatVector.broadcast(LANES, x0);
    FloatVector v1 = FloatVector.broadcast(LANES, x1);
    FloatVector v2 = FloatVector.broadcast(LANES, x2);
    FloatVector v3 = FloatVector.broadcast(LANES, x3);
    int at1 = at + stride;
    int at2 = at + 2 * stride;
    int at3 = at + 3 * stride;
    int j = 0;
    for (int end = LANES.loopBound(n); j < end; j += LANES.length()) {
      FloatVector sum = FloatVector.fromArray(LANES, y, yAt + j);
      sum = v0.fma(FloatVector.fromArray(LANES, w, at + j), sum);
      sum = v1.fma(FloatVector.fromArray(LANES, w, at1 + j), sum);
      sum = v2.fma(FloatVector.fromArray(LANES, w, at2 + j), sum);
      sum = v3.fma(FloatVector.fromArray(LANES, w, at3 + j), sum);
      sum.intoArray(y, yAt + j);
    }
    for (; j < n; j++) {
      float sum = Math.fma(x0, w[at + j], y[yAt + j]);
      sum = Math.fma(x1, w[at1 + j], sum);
      sum = Math.fma(x2, w[at2 + j], sum);
      y[yAt + j] = Math.fma(x3, w[at3 + j], sum);
    }
  }

  private static void addOne(float x, float[] w, int at, int n, float[] y, int yAt) {
    FloatVector v = FloatVector.broadcast(LANES, x);
    int j = 0;
    for (int end = LANES.loopBound(n); j < end; j += LANES.length()) {
      v.fma(FloatVector.fromArray(LANES, w, at + j), FloatVector.fromArray(LANES, y, yAt + j))
          .intoArray(y, yAt + j);
    }
    for (; j < n; j++) {
      y[yAt + j] = Math.fma(x, w[at + j], y[yAt + j]);
    }
  }
}
