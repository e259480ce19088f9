package smalti.tensor.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.tensor.AttentionPattern;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Checks every gradient kernel against central differences of its forward kernel, element by
/// element, in F64.
class ReferenceGradientTest {
  private final Backend backend = new ReferenceBackend();
  private final Random random = Random.of(20);

  private Tensor normal(int... shape) {
    return random.normal(Shape.of(shape), DType.F64);
  }

  private static Tensor zeros(int... shape) {
    return Tensor.zeros(Shape.of(shape), DType.F64);
  }

  /// Checks `dx`, the gradient of `Σ dOut·forward(x)`, where `forward` reads the very tensor `x`.
  private static void check(
      Tensor x, Tensor dOut, UnaryOperator<Tensor> forward, Tensor dx, double tolerance) {
    assertThat(dx.shape()).isEqualTo(x.shape());
    double[] analytic = dx.toDoubles();
    Tensor moved = x.copy();
    for (int i = 0; i < analytic.length; i++) {
      double value = moved.storage().get(i);
      double h = 1e-6 * Math.max(1, Math.abs(value));
      moved.storage().set(i, value + h);
      double above = forward.apply(moved).mul(dOut).sum().item();
      moved.storage().set(i, value - h);
      double below = forward.apply(moved).mul(dOut).sum().item();
      moved.storage().set(i, value);
      double numeric = (above - below) / (2 * h);
      assertThat(analytic[i])
          .as("element %d", i)
          .isCloseTo(numeric, within(tolerance * Math.max(1, Math.abs(numeric))));
    }
  }

  private static void check(Tensor x, Tensor dOut, UnaryOperator<Tensor> forward, Tensor dx) {
    check(x, dOut, forward, dx, 1e-7);
  }

  @ParameterizedTest
  @EnumSource
  void unary(UnaryOp op) {
    int n = 40;
    Tensor x = zeros(n);
    for (int i = 0; i < n; i++) {
      double value = op.low() + (op.high() - op.low()) * (i + 0.37) / n;
      for (double kink : op.kinks()) {
        value += Math.abs(value - kink) < 1e-3 ? 2e-3 : 0;
      }
      x.storage().set(i, value);
    }
    UnaryOperator<Tensor> forward =
        t -> {
          Tensor y = t.zerosLike();
          backend.unary(op, t, y);
          return y;
        };
    Tensor dOut = normal(n);
    Tensor dx = zeros(n);
    backend.unaryGrad(op, x, forward.apply(x), dOut, dx);
    check(x, dOut, forward, dx);
  }

  static Stream<BinaryOp> smoothOps() {
    return Stream.of(BinaryOp.values()).filter(op -> !op.isComparison());
  }

  @ParameterizedTest
  @MethodSource("smoothOps")
  void binary(BinaryOp op) {
    Shape shape = Shape.of(4, 5);
    Tensor a = random.uniform(shape, DType.F64).add(0.5);
    Tensor b = random.uniform(shape, DType.F64).mul(2).add(0.3);
    Tensor dOut = random.normal(shape, DType.F64);
    Tensor da = a.zerosLike();
    Tensor db = b.zerosLike();
    backend.binaryGrad(op, true, a, b, dOut, da);
    backend.binaryGrad(op, false, a, b, dOut, db);
    check(a, dOut, t -> binary(op, t, b), da);
    check(b, dOut, t -> binary(op, a, t), db);
    // An expanded operand: the gradient comes before the sum over the broadcast axis.
    Tensor column = b.slice(1, 0, 1).expand(shape);
    backend.binaryGrad(op, false, a, column, dOut, db);
    check(
        column.copy().slice(1, 0, 1).copy(),
        dOut,
        t -> binary(op, a, t.expand(shape)),
        db.sumTo(Shape.of(4, 1)));
  }

  private Tensor binary(BinaryOp op, Tensor a, Tensor b) {
    Tensor out = zeros(a.shape().toArray());
    backend.binary(op, a, b, out);
    return out;
  }

  @Test
  void tiesShareTheGradientOfMaximumAndMinimum() {
    Tensor x = Tensor.of(new double[] {2}, 1);
    Tensor dx = zeros(1);
    for (BinaryOp op : List.of(BinaryOp.MAXIMUM, BinaryOp.MINIMUM)) {
      for (boolean first : new boolean[] {true, false}) {
        backend.binaryGrad(op, first, x, x, Tensor.of(new double[] {3}, 1), dx);
        assertThat(dx.item()).isEqualTo(1.5);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"3,3,1,1", "3,3,1,0", "4,4,2,1", "1,1,1,0", "2,3,2,2", "3,2,3,0", "5,5,1,2"})
  void conv2d(int kernelHeight, int kernelWidth, int stride, int padding) {
    Tensor x = normal(2, 3, 7, 6);
    Tensor weight = normal(4, 3, kernelHeight, kernelWidth);
    Tensor bias = normal(4);
    int height = (7 + 2 * padding - kernelHeight) / stride + 1;
    int width = (6 + 2 * padding - kernelWidth) / stride + 1;
    Tensor dOut = normal(2, 4, height, width);
    Tensor dx = x.zerosLike().add(5); // kernels overwrite
    Tensor dWeight = weight.zerosLike().add(5);
    backend.conv2dGradInput(dOut, weight, stride, padding, dx);
    backend.conv2dGradWeight(x, dOut, stride, padding, dWeight);
    check(x, dOut, t -> conv2d(t, weight, bias, stride, padding, dOut), dx);
    check(weight, dOut, t -> conv2d(x, t, bias, stride, padding, dOut), dWeight);
  }

  private Tensor conv2d(Tensor x, Tensor w, Tensor bias, int stride, int padding, Tensor like) {
    Tensor out = like.zerosLike();
    backend.conv2d(x, w, bias, stride, padding, out);
    return out;
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3"})
  void poolingAndUpsampling(int size) {
    Tensor x = normal(2, 2, 7, 5);
    Tensor dCoarse = normal(2, 2, 7 / size, 5 / size);
    Tensor dx = x.zerosLike().add(5);
    backend.maxPool2dGrad(x, dCoarse, size, dx);
    check(x, dCoarse, t -> written(dCoarse, out -> backend.maxPool2d(t, size, out)), dx);
    backend.avgPool2dGrad(dCoarse, size, dx);
    check(x, dCoarse, t -> written(dCoarse, out -> backend.avgPool2d(t, size, out)), dx);
    Tensor dFine = normal(2, 2, 7 * size, 5 * size);
    backend.upsampleNearest2dGrad(dFine, size, dx);
    check(x, dFine, t -> written(dFine, out -> backend.upsampleNearest2d(t, size, out)), dx);
  }

  private static Tensor written(Tensor like, Consumer<Tensor> kernel) {
    Tensor out = like.zerosLike();
    kernel.accept(out);
    return out;
  }

  @Test
  void softmaxes() {
    Tensor x = normal(3, 2, 5).mul(3);
    Tensor dOut = normal(3, 2, 5);
    Tensor dx = x.zerosLike();
    UnaryOperator<Tensor> softmax = t -> written(t, out -> backend.softmax(t, out));
    backend.softmaxGrad(softmax.apply(x), dOut, dx);
    check(x, dOut, softmax, dx);
    UnaryOperator<Tensor> logSoftmax = t -> written(t, out -> backend.logSoftmax(t, out));
    backend.logSoftmaxGrad(logSoftmax.apply(x), dOut, dx);
    check(x, dOut, logSoftmax, dx);
  }

  @Test
  void layerNorm() {
    Tensor x = normal(2, 3, 6).mul(2).add(1);
    Tensor weight = normal(6);
    Tensor bias = normal(6);
    Tensor mean = zeros(6);
    Tensor rstd = zeros(6);
    backend.layerNorm(x, weight, bias, 1e-3, x.zerosLike(), mean, rstd);
    Tensor dOut = normal(2, 3, 6);
    Tensor dx = x.zerosLike();
    Tensor dWeight = normal(6);
    Tensor dBias = normal(6);
    backend.layerNormGrad(x, weight, mean, rstd, dOut, dx, dWeight, dBias);
    check(x, dOut, t -> layerNorm(t, weight, bias), dx);
    check(weight, dOut, t -> layerNorm(x, t, bias), dWeight);
    check(bias, dOut, t -> layerNorm(x, weight, t), dBias);
  }

  private Tensor layerNorm(Tensor x, Tensor weight, Tensor bias) {
    return written(x, out -> backend.layerNorm(x, weight, bias, 1e-3, out, zeros(6), zeros(6)));
  }

  @Test
  void crossEntropy() {
    Tensor logits = normal(5, 4).mul(2);
    Tensor targets = Tensor.of(new int[] {3, 0, -1, 2, 2}, 5);
    Tensor lse = zeros(5);
    backend.crossEntropy(logits, targets, zeros(5), lse);
    Tensor dLoss = normal(5);
    Tensor dx = logits.zerosLike();
    backend.crossEntropyGrad(logits, targets, lse, dLoss, dx);
    check(
        logits,
        dLoss,
        t -> written(dLoss, out -> backend.crossEntropy(t, targets, out, zeros(5))),
        dx);
    assertThat(dx.select(0, 2).toDoubles()).containsOnly(0);
  }

  @Test
  void indexing() {
    Tensor weight = normal(4, 3);
    Tensor ids = Tensor.of(new int[] {2, 0, 2, 3, 2, 0}, 2, 3);
    Tensor dOut = normal(2, 3, 3);
    Tensor dWeight = normal(4, 3);
    backend.embeddingGrad(ids, dOut, dWeight);
    check(weight, dOut, t -> written(dOut, out -> backend.embedding(t, ids, out)), dWeight);
    Tensor x = normal(2, 5);
    Tensor index = Tensor.of(new int[] {4, 4, 0, 1, 1, 1}, 2, 3);
    Tensor dTaken = normal(2, 3);
    Tensor dx = normal(2, 5);
    backend.gatherGrad(index, dTaken, dx);
    check(x, dTaken, t -> written(dTaken, out -> backend.gather(t, index, out)), dx);
  }

  static Stream<AttentionPattern> patterns() {
    return Stream.of(
        new AttentionPattern.Full(),
        new AttentionPattern.Causal(),
        new AttentionPattern.Row(2, 3),
        new AttentionPattern.Column(2, 3),
        new AttentionPattern.Conv(2, 3, 3));
  }

  @ParameterizedTest
  @MethodSource("patterns")
  void attention(AttentionPattern pattern) {
    int t = 8;
    // As a model makes them: (B, T, H, D) seen as (B, H, T, D).
    Tensor q = normal(2, t, 2, 3).permute(0, 2, 1, 3);
    Tensor k = normal(2, t, 2, 3).permute(0, 2, 1, 3);
    Tensor v = normal(2, t, 2, 3).permute(0, 2, 1, 3);
    Tensor out = zeros(2, t, 2, 3).permute(0, 2, 1, 3);
    Tensor lse = zeros(2, 2, t);
    backend.attention(q, k, v, pattern, 0.7, 0, out, lse);
    Tensor dOut = normal(2, 2, t, 3);
    Tensor dq = zeros(2, t, 2, 3).permute(0, 2, 1, 3);
    Tensor dk = zeros(2, t, 2, 3).permute(0, 2, 1, 3);
    Tensor dv = zeros(2, t, 2, 3).permute(0, 2, 1, 3);
    backend.attentionGrad(q, k, v, out, lse, dOut, pattern, 0.7, dq, dk, dv);
    check(q, dOut, x -> attention(x, k, v, pattern), dq);
    check(k, dOut, x -> attention(q, x, v, pattern), dk);
    check(v, dOut, x -> attention(q, k, x, pattern), dv);
  }

  private Tensor attention(Tensor q, Tensor k, Tensor v, AttentionPattern pattern) {
    Tensor out = zeros(q.shape().toArray());
    Tensor lse = Tensor.zeros(q.shape().without(-1), DType.F64);
    backend.attention(q, k, v, pattern, 0.7, 0, out, lse);
    return out;
  }

  @Test
  void dropoutIsItsOwnGradient() {
    Tensor x = normal(50);
    Tensor dOut = normal(50);
    Tensor dx = zeros(50);
    backend.dropout(dOut, 77, 0.4, dx);
    check(x, dOut, t -> written(t, out -> backend.dropout(t, 77, 0.4, out)), dx);
  }
}
