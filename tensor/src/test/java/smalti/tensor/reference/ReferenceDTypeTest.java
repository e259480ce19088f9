package smalti.tensor.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.tensor.AttentionPattern;
import smalti.tensor.DType;
import smalti.tensor.Layout;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;

/// Checks that each kernel computes in double and rounds once, for every dtype, and that it honours
/// the offset of views and bears empty tensors.
class ReferenceDTypeTest {
  private static final Backend BACKEND = new ReferenceBackend();

  /// Is a kernel with inputs of one shape (2, 2, 4, 4) and an output.
  record Kernel(String name, Shape out, BiConsumer<Tensor, Tensor> run) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Kernel> kernels() {
    Shape same = Shape.of(2, 2, 4, 4);
    AttentionPattern causal = new AttentionPattern.Causal();
    return Stream.of(
        new Kernel("copy", same, BACKEND::copy),
        new Kernel("unary", same, (x, out) -> BACKEND.unary(UnaryOp.GELU, x, out)),
        new Kernel("unaryGrad", same, (x, out) -> BACKEND.unaryGrad(UnaryOp.SQUARE, x, x, x, out)),
        new Kernel("binary", same, (x, out) -> BACKEND.binary(BinaryOp.MUL, x, x, out)),
        new Kernel("sum", Shape.of(2, 1, 4, 1), (x, out) -> BACKEND.reduce(ReduceOp.SUM, x, out)),
        new Kernel("max", Shape.of(1, 2, 1, 4), (x, out) -> BACKEND.reduce(ReduceOp.MAX, x, out)),
        new Kernel("matmul", same, (x, out) -> BACKEND.matmul(x, x, false, out)),
        new Kernel("conv2d", same, (x, out) -> BACKEND.conv2d(x, weight(x), null, 1, 1, out)),
        new Kernel("dInput", same, (x, out) -> BACKEND.conv2dGradInput(x, weight(x), 1, 1, out)),
        new Kernel(
            "dWeight", Shape.of(2, 2, 3, 3), (x, out) -> BACKEND.conv2dGradWeight(x, x, 1, 1, out)),
        new Kernel("maxPool", Shape.of(2, 2, 2, 2), (x, out) -> BACKEND.maxPool2d(x, 2, out)),
        new Kernel("avgPool", Shape.of(2, 2, 2, 2), (x, out) -> BACKEND.avgPool2d(x, 2, out)),
        new Kernel(
            "upsample", Shape.of(2, 2, 8, 8), (x, out) -> BACKEND.upsampleNearest2d(x, 2, out)),
        new Kernel("softmax", same, BACKEND::softmax),
        new Kernel("logSoftmax", same, BACKEND::logSoftmax),
        new Kernel("softmaxGrad", same, (x, out) -> BACKEND.softmaxGrad(x, x, out)),
        new Kernel("logSoftmaxGrad", same, (x, out) -> BACKEND.logSoftmaxGrad(x, x, out)),
        new Kernel(
            "layerNorm",
            same,
            (x, out) -> BACKEND.layerNorm(x, row(x), row(x), 1e-2, out, rows(x), rows(x))),
        new Kernel(
            "attention",
            same,
            (x, out) -> BACKEND.attention(x, x, x, causal, 0.5, 0, out, rows(x))),
        new Kernel("dropout", same, (x, out) -> BACKEND.dropout(x, 3, 0.5, out)));
  }

  private static Tensor weight(Tensor x) {
    return x.slice(2, 0, 3).slice(3, 1, 4).contiguous(); // (2, 2, 3, 3)
  }

  private static Tensor row(Tensor x) {
    return x.select(0, 0).select(0, 1).select(0, 2); // (4): contiguous, at an offset
  }

  private static Tensor rows(Tensor x) {
    return Tensor.zeros(Shape.of(2, 2, 4), x.dtype());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void roundsOnce(Kernel kernel) {
    Tensor numbers = Random.of(1).normal(Shape.of(2, 2, 4, 4)).to(DType.BF16);
    for (DType dtype : List.of(DType.F32, DType.F16, DType.BF16)) {
      Tensor x = numbers.to(DType.F32).to(dtype);
      Tensor out = Tensor.zeros(kernel.out, dtype);
      kernel.run.accept(x, out);
      Tensor exact = Tensor.zeros(kernel.out, DType.F64);
      kernel.run.accept(x.to(DType.F64), exact);
      assertThat(out.toDoubles()).as("%s", dtype).isEqualTo(exact.to(dtype).toDoubles());
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void honoursOffsets(Kernel kernel) {
    Tensor x = Random.of(2).normal(Shape.of(2, 2, 4, 4));
    Tensor expected = Tensor.zeros(kernel.out, DType.F32);
    kernel.run.accept(x, expected);

    Tensor room = Random.of(3).normal(Shape.of(4, 2, 4, 4));
    Tensor shiftedX = room.slice(0, 1, 3);
    BACKEND.copy(x, shiftedX);
    int n = kernel.out.elements();
    float[] paper = new float[n + 12];
    Arrays.fill(paper, 77);
    Layout sheet = Layout.contiguous(Shape.of(n + 12)).slice(0, 5, n + 5).reshape(kernel.out);
    kernel.run.accept(shiftedX, new Tensor(new Storage.F32(paper), sheet));
    for (int i = 0; i < paper.length; i++) {
      boolean inside = i >= 5 && i < n + 5;
      assertThat(paper[i]).isEqualTo(inside ? expected.toFloats()[i - 5] : 77f);
    }
  }

  static Stream<Arguments> emptyShapes() {
    return Stream.of(new int[] {0, 2, 4, 4}, new int[] {2, 0, 4, 4})
        .map(s -> Arguments.of((Object) s));
  }

  @ParameterizedTest
  @MethodSource("emptyShapes")
  void bearsEmptyTensors(int[] sizes) {
    Tensor x = Tensor.zeros(sizes);
    kernels()
        .filter(
            kernel -> !List.of("conv2d", "dInput", "dWeight", "layerNorm").contains(kernel.name))
        .forEach(kernel -> {
          int[] out = kernel.out.toArray();
          for (int axis = 0; axis < 2; axis++) {
            out[axis] = sizes[axis] == 0 && out[axis] != 1 ? 0 : out[axis];
          }
          kernel.run.accept(x, Tensor.zeros(out));
        });
    Tensor out = Tensor.ones(2, 2, 4, 4);
    // A convolution over no channels is the bias alone.
    BACKEND.conv2d(
        Tensor.zeros(2, 0, 4, 4), Tensor.zeros(2, 0, 3, 3), Tensor.ones(2).mul(3), 1, 1, out);
    assertThat(out.toFloats()).containsOnly(3);
  }

  @Test
  void integersAddMultiplyAndCompare() {
    Tensor a = Tensor.of(new int[] {1, -2, 1 << 30}, 3);
    Tensor out = a.zerosLike();
    BACKEND.binary(BinaryOp.SUB, a, a.mul(-1), out);
    assertThat(out.toInts()).containsExactly(2, -4, Integer.MAX_VALUE);
    BACKEND.binary(BinaryOp.LT, a, Tensor.full(a.shape(), 1, DType.I32), out);
    assertThat(out.toInts()).containsExactly(0, 1, 0);
    Tensor sum = Tensor.zeros(Shape.of(1), DType.I32);
    BACKEND.reduce(ReduceOp.MIN, a, sum);
    assertThat(sum.item()).isEqualTo(-2);
  }
}
