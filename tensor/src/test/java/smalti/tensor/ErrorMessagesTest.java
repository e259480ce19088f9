package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Holds every message that a wrong call of the tensor package can give.
class ErrorMessagesTest {
  private static final Tensor A = Tensor.zeros(2, 3);
  private static final Tensor INTS = Tensor.arange(3);

  static Stream<Arguments> shapes() {
    return Stream.of(
        row("shape: sizes must not be negative; got [2, -3]", () -> Shape.of(2, -3)),
        row(
            "shape: a tensor holds at most 2^31 - 9 elements; [65536, 65536] has more",
            () -> Shape.of(65536, 65536)),
        row("of: 2 numbers do not fill shape [3]", () -> Tensor.of(new float[2], 3)),
        row("axis: 2 is not an axis of shape [2, 3] (rank 2)", () -> A.dim(2)),
        row("axis: -3 is not an axis of shape [2, 3] (rank 2)", () -> A.slice(-3, 0, 1)),
        row("get: shape [2, 3] takes 2 indices; got [1]", () -> A.get(1)),
        row("item: needs exactly one element; shape is [2, 3]", A::item),
        row("reshape: [2, 3] has 6 elements, [4] has 4", () -> A.reshape(4)),
        row("reshape: only one size may be -1; got [-1, -1]", () -> A.reshape(-1, -1)),
        row("reshape: [2, 3] (6 elements) does not fit [4, -1]", () -> A.reshape(4, -1)),
        row(
            "reshape: [0, 3] (0 elements) does not fit [0, -1]",
            () -> Tensor.zeros(0, 3).reshape(0, -1)),
        row("permute: shape [2, 3] needs 2 axes; got [0]", () -> A.permute(0)),
        row("permute: axis 1 is named twice in [1, -1]", () -> A.permute(1, -1)),
        row("slice: [1, 4) is not inside axis 1 of shape [2, 3]", () -> A.slice(-1, 1, 4)),
        row("slice: [2, 1) is not inside axis 1 of shape [2, 3]", () -> A.slice(1, 2, 1)),
        row("select: 2 is outside axis 0 of shape [2, 3]", () -> A.select(0, 2)),
        row("select: -1 is outside axis 0 of shape [2, 3]", () -> A.select(0, -1)),
        row("expand: [2, 3] cannot be expanded to [2, 4]", () -> A.expand(Shape.of(2, 4))),
        row("expand: [2, 3] cannot be expanded to [3]", () -> A.expand(Shape.of(3))),
        row(
            "ADD: cannot broadcast; a [2, 3], b [2] (axis -1: 3 ≠ 2)",
            () -> A.add(Tensor.zeros(2))),
        row(
            "where: cannot broadcast; a [4], b [2, 3] (axis -1: 4 ≠ 3)",
            () -> Tensor.where(Tensor.zeros(4), A, A)),
        row("sumTo: [2, 3] was not broadcast from [2]", () -> A.sumTo(Shape.of(2))),
        row("sumTo: [2, 3] was not broadcast from [1, 2, 3]", () -> A.sumTo(Shape.of(1, 2, 3))),
        row("argmax: needs rank 1 or more; shape is []", () -> Tensor.scalar(1).argmax()),
        row("argmax: the last axis of shape [2, 0] is empty", () -> Tensor.zeros(2, 0).argmax()),
        row(
            "matmul: inner sizes differ; a [2, 3], b [2, 3] (3 ≠ 2). Did you mean"
                + " b.transpose(-2, -1)?",
            () -> A.matmul(A)),
        row(
            "matmul: inner sizes differ; a [2, 3], b [2, 4] (3 ≠ 2)",
            () -> A.matmul(Tensor.zeros(2, 4))),
        row("matmul: needs rank 2 or more; shape is [3]", () -> A.matmul(Tensor.zeros(3))),
        row(
            "matmul: cannot broadcast; a [2], b [3] (axis -1: 2 ≠ 3)",
            () -> Tensor.zeros(2, 1, 1).matmul(Tensor.zeros(3, 1, 1))),
        row("cat: needs at least one tensor", () -> Tensor.cat(List.of(), 0)),
        row(
            "cat: shapes must agree except along axis 1; got [2, 3] and [3, 3]",
            () -> Tensor.cat(List.of(A, Tensor.zeros(3, 3)), -1)));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void wrongShapesAreExplained(String message, Executable call) {
    assertThat(catchThrowable(call::execute))
        .isInstanceOf(ShapeException.class)
        .hasMessage(message);
  }

  static Stream<Arguments> others() {
    return Stream.of(
        row("get: index [2, 0] is outside shape [2, 3]", () -> A.get(2, 0)),
        row("get: index [0, -1] is outside shape [2, 3]", () -> A.get(0, -1)),
        row("toFloats: the tensor holds I32; use toInts()", INTS::toFloats),
        row("toInts: the tensor holds F32; use to(DType.I32)", A::toInts),
        row(
            "ADD: dtypes differ; a F32, b I32. Convert one with to(…)",
            () -> A.binary(BinaryOp.ADD, INTS)),
        row(
            "cat: dtypes differ; a I32, b F32. Convert one with to(…)",
            () -> Tensor.cat(List.of(INTS, Tensor.zeros(3)), 0)),
        row("EXP: needs floating-point numbers; got I32", () -> INTS.unary(UnaryOp.EXP)),
        row("mean: needs floating-point numbers; got I32", INTS::mean),
        row("mul: 0.5 is no 32-bit integer, but the tensor holds I32", () -> INTS.mul(0.5)),
        row("nextInt: bound must be positive; got 0", () -> Random.of(0).nextInt(0)),
        row(
            "attention pattern: textLength -1 must not be negative, width 4 must be positive",
            () -> new AttentionPattern.Row(-1, 4)),
        row(
            "attention pattern: textLength 0 must not be negative, width 0 must be positive",
            () -> new AttentionPattern.Column(0, 0)),
        row("Conv: the kernel must be odd; got 4", () -> new AttentionPattern.Conv(0, 4, 4)));
  }

  @ParameterizedTest
  @MethodSource("others")
  void otherMistakesAreExplained(String message, Executable call) {
    assertThat(catchThrowable(call::execute))
        .isInstanceOfAny(
            IllegalArgumentException.class,
            IllegalStateException.class,
            IndexOutOfBoundsException.class)
        .isNotInstanceOf(ShapeException.class)
        .hasMessage(message);
  }

  private static Arguments row(String message, Executable call) {
    return arguments(message, call);
  }
}
