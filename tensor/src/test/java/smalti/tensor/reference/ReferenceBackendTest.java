package smalti.tensor.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.tensor.AttentionPattern;
import smalti.tensor.DType;
import smalti.tensor.Philox;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Checks the forward kernels against other ways to the same numbers: composites, closed forms,
/// values worked out by hand.
class ReferenceBackendTest {
  private final Backend backend = new ReferenceBackend();
  private final Random random = Random.of(30);

  private Tensor normal(int... shape) {
    return random.normal(Shape.of(shape), DType.F64);
  }

  private static Tensor zeros(int... shape) {
    return Tensor.zeros(Shape.of(shape), DType.F64);
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.toDoubles())
        .usingComparatorWithPrecision(1e-12)
        .containsExactly(expected.toDoubles());
  }

  @Test
  void isAlwaysFoundAsTheReference() {
    assertThat(Backends.reference()).isExactlyInstanceOf(ReferenceBackend.class);
    assertThat(Backends.reference().name()).isEqualTo("reference");
    assertThat(Backends.providers()).anyMatch(p -> p instanceof ReferenceProvider && p.rank() == 0);
  }

  @Test
  void matmulAddsUpRowsTimesColumns() {
    Tensor a = normal(3, 2, 4, 5);
    Tensor b = normal(2, 6, 5).transpose(1, 2); // (2, 5, 6)
    Tensor out = normal(3, 2, 4, 6);
    Tensor before = out.copy();
    Tensor wide = b.expand(Shape.of(3, 2, 5, 6));
    backend.matmul(a, wide, false, out);
    // By broadcasting: (…, 4, 5, 1)·(…, 1, 5, 6) summed over the inner axis.
    Tensor products =
        a.reshape(3, 2, 4, 5, 1).mul(wide.reshape(3, 2, 1, 5, 6)).sum(-2); // (3, 2, 4, 6)
    assertClose(out, products);
    backend.copy(before, out);
    backend.matmul(a, wide, true, out);
    assertClose(out, products.add(before));
  }

  @Test
  void addBiasAddsToEachRow() {
    Tensor y = normal(2, 3, 4);
    Tensor bias = normal(4);
    Tensor expected = y.add(bias);
    backend.addBias(bias, y);
    assertClose(y, expected);
  }

  @Test
  void axpbyCombines() {
    Tensor x = Tensor.of(new double[] {1, 2}, 2);
    Tensor y = Tensor.of(new double[] {10, Double.NaN}, 2);
    backend.axpby(3, x, 2, y);
    assertThat(y.toDoubles()).containsExactly(23, Double.NaN);
    backend.axpby(3, x, 0, y);
    assertThat(y.toDoubles()).containsExactly(3, 6);
  }

  /// Computes the convolution as a sum of matrix products, one for each place of the kernel, over a
  /// padded image.
  @ParameterizedTest
  @CsvSource({"3,3,1,1", "3,3,1,0", "4,4,2,1", "1,1,1,0", "2,3,2,2", "3,2,3,0", "7,7,1,3"})
  void conv2dIsASumOfMatrixProducts(int kernelHeight, int kernelWidth, int stride, int padding) {
    Tensor x = normal(2, 3, 8, 7);
    Tensor weight = normal(4, 3, kernelHeight, kernelWidth);
    Tensor bias = normal(4);
    int height = (8 + 2 * padding - kernelHeight) / stride + 1;
    int width = (7 + 2 * padding - kernelWidth) / stride + 1;
    Tensor out = normal(2, 4, height, width);
    backend.conv2d(x, weight, bias, stride, padding, out);

    Tensor padded = zeros(2, 3, 8 + 2 * padding, 7 + 2 * padding);
    backend.copy(x, padded.slice(2, padding, padding + 8).slice(3, padding, padding + 7));
    Tensor expected = bias.reshape(4, 1, 1).expand(out.shape());
    for (int p = 0; p < kernelHeight; p++) {
      for (int q = 0; q < kernelWidth; q++) {
        Tensor pixels = strided(strided(padded, 2, p, stride, height), 3, q, stride, width);
        Tensor w = weight.select(3, q).select(2, p); // (4, 3)
        Tensor product = w.matmul(pixels.reshape(2, 3, height * width)); // (2, 4, H′·W′)
        expected = expected.add(product.reshape(out.shape()));
      }
    }
    assertClose(out, expected);
    backend.conv2d(x, weight, null, stride, padding, out);
    assertClose(out, expected.sub(bias.reshape(4, 1, 1)));
  }

  /// Takes every `step`-th index of an axis.
  private static Tensor strided(Tensor x, int axis, int start, int step, int count) {
    List<Tensor> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      parts.add(x.slice(axis, start + i * step, start + i * step + 1));
    }
    return Tensor.cat(parts, axis);
  }

  @Test
  void poolsBlocks() {
    Tensor x = Tensor.arange(15).to(DType.F64).reshape(1, 1, 3, 5);
    Tensor out = zeros(1, 1, 1, 2);
    backend.maxPool2d(x, 2, out);
    assertThat(out.toDoubles()).containsExactly(6, 8);
    backend.avgPool2d(x, 2, out);
    assertThat(out.toDoubles()).containsExactly(3, 5);
    Tensor fine = zeros(1, 1, 2, 4);
    backend.upsampleNearest2d(out, 2, fine);
    assertThat(fine.toDoubles()).containsExactly(3, 3, 5, 5, 3, 3, 5, 5);
  }

  @Test
  void maxPoolTakesTheFirstLargestAndNan() {
    double nan = Double.NaN;
    Tensor x = Tensor.of(new double[] {1, 4, 1, nan, 4, 2, 9, nan}, 1, 1, 2, 4);
    Tensor out = zeros(1, 1, 1, 2);
    backend.maxPool2d(x, 2, out);
    assertThat(out.toDoubles()).containsExactly(4, nan);
    Tensor dx = normal(1, 1, 2, 4);
    backend.maxPool2dGrad(x, Tensor.of(new double[] {5, 6}, 1, 1, 1, 2), 2, dx);
    assertThat(dx.toDoubles()).containsExactly(0, 5, 0, 6, 0, 0, 0, 0);
  }

  @Test
  void argmaxTakesTheFirstLargestAndNan() {
    Tensor out = Tensor.zeros(Shape.of(4), DType.I32);
    double nan = Double.NaN;
    double inf = Double.NEGATIVE_INFINITY;
    double[] rows = {1, 3, 3, nan, 9, nan, inf, inf, inf, 5, 2, 1};
    backend.argmax(Tensor.of(rows, 4, 3), out);
    assertThat(out.toInts()).containsExactly(1, 0, 0, 0);
  }

  @Test
  void softmaxIsExpOverItsSum() {
    Tensor x = normal(3, 5);
    Tensor out = x.zerosLike();
    backend.softmax(x, out);
    Tensor exp = x.unary(UnaryOp.EXP);
    assertClose(out, exp.div(exp.sum(-1).reshape(3, 1)));
    Tensor log = x.zerosLike();
    backend.logSoftmax(x, log);
    assertClose(log, out.unary(UnaryOp.LOG));
  }

  @Test
  void softmaxBearsExtremes() {
    double inf = Double.POSITIVE_INFINITY;
    Tensor x = Tensor.of(new double[] {1000, 1000, -inf, -inf, -inf, -inf, 0, inf, 1}, 3, 3);
    Tensor out = zeros(3, 3);
    backend.softmax(x, out);
    assertThat(out.select(0, 0).toDoubles())
        .containsExactly(new double[] {0.5, 0.5, 0}, within(1e-12));
    assertThat(out.select(0, 1).toDoubles()).containsOnly(Double.NaN);
    assertThat(out.get(2, 1)).isNaN();
    backend.logSoftmax(x, out);
    assertThat(out.get(0, 2)).isEqualTo(-inf);
  }

  @Test
  void layerNormGivesRowsOfMean0AndVariance1() {
    Tensor x = normal(4, 7).mul(3).add(10);
    Tensor out = x.zerosLike();
    Tensor mean = zeros(4);
    Tensor rstd = zeros(4);
    Tensor one = Tensor.full(Shape.of(7), 1, DType.F64);
    backend.layerNorm(x, one, zeros(7), 0, out, mean, rstd);
    assertClose(out.mean(-1), zeros(4));
    assertClose(out.mul(out).mean(-1), Tensor.full(Shape.of(4), 1, DType.F64));
    assertClose(mean, x.mean(-1));
    Tensor weight = normal(7);
    Tensor bias = normal(7);
    Tensor scaled = x.zerosLike();
    backend.layerNorm(x, weight, bias, 0, scaled, mean, rstd);
    assertClose(scaled, out.mul(weight).add(bias));
    backend.layerNorm(zeros(1, 7), one, zeros(7), 0.25, zeros(1, 7), zeros(1), rstd);
    assertThat(rstd.get(0)).as("1/√eps").isEqualTo(2);
  }

  @Test
  void crossEntropyIsMinusTheLogProbabilityOfTheTarget() {
    Tensor logits = normal(4, 6);
    Tensor targets = Tensor.of(new int[] {5, -100, 0, 2}, 4);
    Tensor loss = normal(4);
    Tensor lse = normal(4);
    backend.crossEntropy(logits, targets, loss, lse);
    Tensor log = logits.zerosLike();
    backend.logSoftmax(logits, log);
    double[] expected = {-log.get(0, 5), 0, -log.get(2, 0), -log.get(3, 2)};
    assertThat(loss.toDoubles()).containsExactly(expected, within(1e-12));
    assertClose(lse, logits.select(1, 0).sub(log.select(1, 0)));
  }

  @Test
  void ignoredRowsMayHoldAnything() {
    Tensor logits = Tensor.full(Shape.of(1, 3), Double.NaN, DType.F64);
    Tensor targets = Tensor.of(new int[] {-1}, 1);
    Tensor loss = normal(1);
    Tensor lse = normal(1);
    backend.crossEntropy(logits, targets, loss, lse);
    assertThat(loss.item()).isZero();
    Tensor dx = normal(1, 3);
    backend.crossEntropyGrad(logits, targets, lse, normal(1), dx);
    assertThat(dx.toDoubles()).containsOnly(0);
  }

  @Test
  void takesRowsAndElementsByIndex() {
    Tensor weight = Tensor.arange(6).to(DType.F64).reshape(3, 2);
    Tensor ids = Tensor.of(new int[] {2, 0, 2}, 3);
    Tensor rows = zeros(3, 2);
    backend.embedding(weight, ids, rows);
    assertThat(rows.toDoubles()).containsExactly(4, 5, 0, 1, 4, 5);
    Tensor index = Tensor.of(new int[] {1, 1, 0, 0, 0, 1, 1, 0, 1}, 3, 3);
    Tensor taken = zeros(3, 3);
    backend.gather(weight, index, taken);
    assertThat(taken.toDoubles()).containsExactly(1, 1, 0, 2, 2, 3, 5, 4, 5);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void attentionIsSoftmaxOfMaskedScores(int queryOffset) {
    int t = 6;
    AttentionPattern pattern = new AttentionPattern.Conv(2, 3, 3);
    Tensor q = normal(2, 2, t, 4);
    Tensor k = normal(2, 2, t + queryOffset, 4);
    Tensor v = normal(2, 2, t + queryOffset, 4);
    Tensor out = normal(2, 2, t, 4);
    Tensor lse = normal(2, 2, t);
    backend.attention(q, k, v, pattern, 0.5, queryOffset, out, lse);

    Tensor mask = zeros(t, t + queryOffset);
    for (int i = 0; i < t; i++) {
      for (int j = 0; j < t + queryOffset; j++) {
        mask.storage().set(i * (t + queryOffset) + j, pattern.allows(i + queryOffset, j) ? 1 : 0);
      }
    }
    Tensor scores = q.matmul(k.transpose(-2, -1)).mul(0.5); // (2, 2, T, S)
    Tensor nothing = Tensor.full(Shape.SCALAR, Double.NEGATIVE_INFINITY, DType.F64);
    Tensor masked = Tensor.where(mask, scores, nothing);
    Tensor probabilities = masked.zerosLike();
    backend.softmax(masked, probabilities);
    assertClose(out, probabilities.matmul(v));
    Tensor logs = masked.zerosLike();
    backend.logSoftmax(masked, logs);
    assertClose(lse, masked.select(-1, 0).sub(logs.select(-1, 0))); // all see position 0
  }

  @Test
  void unseenKeysAreNotTouched() {
    Tensor q = normal(1, 1, 3, 2);
    Tensor k = normal(1, 1, 3, 2);
    Tensor v = normal(1, 1, 3, 2);
    Tensor clean = zeros(1, 1, 3, 2);
    Tensor lse = zeros(1, 1, 3);
    AttentionPattern causal = new AttentionPattern.Causal();
    backend.attention(q, k, v, causal, 1, 0, clean, lse);
    backend.fill(Double.NaN, k.slice(2, 2, 3));
    backend.fill(Double.NaN, v.slice(2, 2, 3));
    Tensor out = zeros(1, 1, 3, 2);
    backend.attention(q, k, v, causal, 1, 0, out, lse);
    assertThat(out.slice(2, 0, 2).toDoubles()).isEqualTo(clean.slice(2, 0, 2).toDoubles());
    assertThat(out.slice(2, 2, 3).toDoubles()).containsOnly(Double.NaN);
  }

  @Test
  void randomNumbersFollowTheDocumentedCounters() {
    long key = 0x123456789abcdefL;
    Tensor uniform = Tensor.zeros(7);
    backend.uniform(key, uniform);
    int[] block = new int[4];
    Philox.block(key, 1, 0, block);
    assertThat(uniform.get(6)).isEqualTo(Philox.toOpenUnitFloat(block[2]));
    Tensor normal = Tensor.zeros(7);
    backend.normal(key, normal);
    double radius = Math.sqrt(-2 * Math.log(uniform.get(4)));
    double angle = 2 * Math.PI * uniform.get(5);
    assertThat(normal.get(4)).isEqualTo((float) (radius * Math.cos(angle)));
    assertThat(normal.get(5)).isEqualTo((float) (radius * Math.sin(angle)));
  }

  @Test
  void dropoutKeepsTheShareItShould() {
    int n = 20_000;
    Tensor x = Tensor.ones(n);
    Tensor out = x.zerosLike();
    backend.dropout(x, 5, 0.25, out);
    Tensor uniform = x.zerosLike();
    backend.uniform(5, uniform);
    assertThat(out.toFloats())
        .isEqualTo(
            uniform.binary(BinaryOp.GE, Tensor.scalar(0.25)).mul((float) (1 / 0.75)).toFloats());
    assertThat(out.mean().item()).isCloseTo(1, within(0.02));
    backend.dropout(x, 5, 0, out);
    assertThat(out.toFloats()).containsOnly(1);
    backend.dropout(x, 5, 1, out);
    assertThat(out.toFloats()).containsOnly(0);
  }

  /// With a constant gradient both bias-corrected moments are constant, so that every step has the
  /// size `lr·g/(|g| + eps)`.
  @Test
  void adamStepsEvenlyUnderAConstantGradient() {
    double lr = 0.1;
    double decay = 0.01;
    double eps = 0.5;
    Tensor param = Tensor.of(new double[] {1, -2, 3}, 3);
    Tensor grad = Tensor.of(new double[] {0.5, -0.25, 0}, 3);
    Tensor m = zeros(3);
    Tensor v = zeros(3);
    double[] expected = param.toDoubles();
    for (int step = 1; step <= 5; step++) {
      backend.adamStep(param, grad, lr, 0.9, 0.99, eps, decay, step, m, v);
      for (int i = 0; i < 3; i++) {
        double g = grad.get(i);
        expected[i] = expected[i] * (1 - lr * decay) - lr * g / (Math.abs(g) + eps);
      }
      assertThat(param.toDoubles()).containsExactly(expected, within(1e-12));
    }
    assertThat(m.get(0)).isCloseTo(0.5 * (1 - Math.pow(0.9, 5)), within(1e-12));
    assertThat(v.get(0)).isCloseTo(0.25 * (1 - Math.pow(0.99, 5)), within(1e-12));
  }
}
