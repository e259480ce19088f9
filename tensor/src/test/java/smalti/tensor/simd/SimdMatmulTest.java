package smalti.tensor.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.tensor.DType;
import smalti.tensor.Parallel;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.FixedFactor;
import smalti.tensor.reference.ReferenceBackend;

/// Compares [SimdMatmul] with three plain loops in double.
class SimdMatmulTest {
  private final SplittableRandom random = new SplittableRandom(7);
  private final int threads = Parallel.threads();

  @AfterEach
  void restoreThreads() {
    Parallel.threads(threads);
  }

  /// The sizes of a product.
  record Sizes(int m, int n, int k) {}

  static Stream<Sizes> sizes() {
    int[] small = {0, 1, 3, 9, 17, 33};
    Stream<Sizes> all =
        IntStream.of(small)
            .boxed()
            .flatMap(m ->
                IntStream.of(small)
                    .boxed()
                    .flatMap(n -> IntStream.of(small).mapToObj(k -> new Sizes(m, n, k))));
    Stream<Sizes> large =
        Stream.of(
            new Sizes(31, 64, 300),
            new Sizes(64, 31, 129),
            new Sizes(127, 129, 64),
            new Sizes(300, 300, 17),
            new Sizes(2050, 129, 17),
            new Sizes(33, 2100, 64),
            new Sizes(131, 127, 1300),
            new Sizes(129, 300, 513),
            new Sizes(1, 300, 257),
            new Sizes(2, 1100, 127),
            new Sizes(8, 127, 300),
            new Sizes(300, 1, 300),
            new Sizes(300, 5, 300),
            new Sizes(600, 8, 31),
            new Sizes(5, 64, 1025));
    Stream<Sizes> strips = // whole and partial ones of six and four rows, last and before others
        IntStream.rangeClosed(9, 20)
            .boxed()
            .flatMap(m -> Stream.of(new Sizes(m, 34, 21), new Sizes(180 + m, 70, 300)));
    return Stream.of(all, large, strips).flatMap(sizes -> sizes);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void equalsPlainLoopsForAllStridesAndOffsets(Sizes s) {
    for (boolean aTransposed : new boolean[] {false, true}) {
      for (boolean bTransposed : new boolean[] {false, true}) {
        Matrix a = matrix(s.m, s.k, aTransposed, 3);
        Matrix b = matrix(s.k, s.n, bTransposed, 5);
        check(s, a, b, false);
        check(s, a, b, true);
      }
    }
  }

  @Test
  void takesGapsBetweenColumns() {
    float[] data = floats(100_000);
    Sizes s = new Sizes(70, 40, 90);
    check(s, new Matrix(data, 11, 200, 2), new Matrix(data, 17, 3, 290), false);
    check(s, new Matrix(data, 11, 0, 2), new Matrix(data, 17, 3, 0), true);
    check(new Sizes(1, 40, 90), new Matrix(data, 0, 0, 3), new Matrix(data, 1, 1, 90), false);
    check(new Sizes(40, 2, 90), new Matrix(data, 0, 1, 50), new Matrix(data, 1, 2, 200), true);
  }

  @Test
  void carriesNaNAndInfinity() {
    for (int m : new int[] {1, 4, 20}) {
      float[] a = new float[m * 50];
      float[] b = floats(50 * 40);
      b[7 * 40 + 3] = Float.POSITIVE_INFINITY;
      b[9 * 40 + 35] = Float.NaN;
      float[] c = new float[m * 40];
      SimdMatmul.matmul(a, 0, 50, 1, b, 0, 40, 1, c, 0, 40, m, 40, 50, false);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < 40; j++) {
          Float expected = j == 3 || j == 35 ? Float.NaN : 0f; // 0·∞ is NaN
          assertThat(c[i * 40 + j]).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void givesTheSameBitsForAnyNumberOfThreads() {
    for (Sizes s :
        new Sizes[] {
          new Sizes(300, 200, 700),
          new Sizes(90, 70, 300),
          new Sizes(1, 3000, 300),
          new Sizes(2000, 4, 300)
        }) {
      for (boolean transposed : new boolean[] {false, true}) {
        Matrix a = matrix(s.m, s.k, transposed, 0);
        Matrix b = matrix(s.k, s.n, transposed, 0);
        Parallel.threads(1);
        float[] one = product(s, a, b);
        Parallel.threads(2);
        assertThat(product(s, a, b)).containsExactly(one);
        Parallel.threads(3);
        assertThat(product(s, a, b)).containsExactly(one);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void aFixedFactorGivesTheSameBits(Sizes s) {
    SimdBackend backend = new SimdBackend();
    for (Tensor b :
        List.of(
            Tensor.of(floats(s.k * s.n), s.k, s.n),
            Tensor.of(floats(s.k * s.n), s.n, s.k).transpose(0, 1))) {
      FixedFactor factor = backend.fixedFactor(b);
      for (int rows : new int[] {s.m, Math.min(s.m, 2)}) {
        Tensor a = Tensor.of(floats(rows * s.k), rows, s.k);
        Tensor expected = Tensor.zeros(rows, s.n);
        Tensor actual = Tensor.full(expected.shape(), 7, DType.F32);
        backend.matmul(a, b, false, expected);
        factor.multiply(a, null, actual);
        assertThat(actual.toFloats()).containsExactly(expected.toFloats());
      }
    }
  }

  @Test
  void multipliesBatchesOfViews() {
    Tensor a = Tensor.of(floats(3 * 2 * 70 * 33), 3, 2, 70, 33);
    Tensor b = Tensor.of(floats(2 * 40 * 33), 2, 40, 33);
    Tensor right = b.transpose(1, 2).expand(Shape.of(3, 2, 33, 40));
    checkBatched(a, right, Shape.of(3, 2, 70, 40));
    Tensor swapped = Tensor.of(floats(2 * 70 * 3 * 33), 2, 70, 3, 33).permute(2, 0, 1, 3);
    checkBatched(swapped, right, Shape.of(3, 2, 70, 40));
    checkBatched(a.slice(2, 5, 6), right, Shape.of(3, 2, 1, 40));
    checkBatched(a, right.slice(3, 1, 2), Shape.of(3, 2, 70, 1));
    checkBatched(a.slice(0, 0, 0), right.slice(0, 0, 0), Shape.of(0, 2, 70, 40));
  }

  private void checkBatched(Tensor a, Tensor b, Shape shape) {
    for (boolean accumulate : new boolean[] {false, true}) {
      Tensor expected = Tensor.full(shape, 0.5, DType.F32);
      Tensor actual = Tensor.full(shape, 0.5, DType.F32);
      new ReferenceBackend().matmul(a, b, accumulate, expected);
      SimdMatmul.batched(a, b, accumulate, actual);
      Close.check(expected.toFloats(), actual.toFloats(), 1e-5 * a.dim(-1));
    }
  }

  private void check(Sizes s, Matrix a, Matrix b, boolean accumulate) {
    int stride = s.n + 2;
    float[] c = floats(4 + s.m * stride);
    float[] expected = c.clone();
    for (int i = 0; i < s.m; i++) {
      for (int j = 0; j < s.n; j++) {
        double sum = 0;
        for (int p = 0; p < s.k; p++) {
          sum += (double) at(a, i, p) * at(b, p, j);
        }
        int to = 4 + i * stride + j;
        expected[to] = (float) (accumulate ? expected[to] + sum : sum);
      }
    }
    SimdMatmul.matmul(
        a.data(),
        a.at(),
        a.rowStride(),
        a.columnStride(),
        b.data(),
        b.at(),
        b.rowStride(),
        b.columnStride(),
        c,
        4,
        stride,
        s.m,
        s.n,
        s.k,
        accumulate);
    Close.check(expected, c, 1e-6 * (1 + s.k));
  }

  private static float at(Matrix m, int i, int j) {
    return m.data()[m.at() + i * m.rowStride() + j * m.columnStride()];
  }

  private static float[] product(Sizes s, Matrix a, Matrix b) {
    float[] c = new float[s.m * s.n];
    SimdMatmul.matmul(
        a.data(),
        a.at(),
        a.rowStride(),
        a.columnStride(),
        b.data(),
        b.at(),
        b.rowStride(),
        b.columnStride(),
        c,
        0,
        s.n,
        s.m,
        s.n,
        s.k,
        false);
    return c;
  }

  /// Returns a matrix with a gap after each row (or column), so that wrong strides show.
  private Matrix matrix(int rows, int columns, boolean transposed, int offset) {
    int inner = (transposed ? rows : columns) + 1;
    int outer = transposed ? columns : rows;
    float[] data = floats(offset + inner * outer);
    return transposed ? new Matrix(data, offset, 1, inner) : new Matrix(data, offset, inner, 1);
  }

  private float[] floats(int n) {
    float[] data = new float[n];
    for (int i = 0; i < n; i++) {
      data[i] = (float) random.nextDouble(-1, 1);
    }
    return data;
  }

  @Test
  void leavesNothingBehindWhenTheInnerSizeIsZero() {
    float[] c = new float[12];
    Arrays.fill(c, 5);
    float[] none = {};
    SimdMatmul.matmul(none, 0, 0, 1, none, 0, 4, 1, c, 0, 4, 3, 4, 0, true);
    assertThat(c).containsOnly(5);
    SimdMatmul.matmul(none, 0, 0, 1, none, 0, 4, 1, c, 0, 4, 3, 4, 0, false);
    assertThat(c).containsOnly(0);
  }
}
