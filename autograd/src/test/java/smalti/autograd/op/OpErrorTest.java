package smalti.autograd.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;

/// Holds the text of every error that an op makes.
class OpErrorTest {

  /// A row: wrong use of an op, and what it says.
  record Row(Class<? extends Op> op, Supplier<Variable> use, String message, boolean isShape) {
    @Override
    public String toString() {
      return message;
    }
  }

  private static Variable x(int... shape) {
    return Variable.of(Tensor.zeros(shape));
  }

  private static Tensor ids(int... ids) {
    return Tensor.of(ids, ids.length);
  }

  private static Row shape(Class<? extends Op> op, Supplier<Variable> use, String message) {
    return new Row(op, use, message, true);
  }

  private static Row other(Class<? extends Op> op, Supplier<Variable> use, String message) {
    return new Row(op, use, message, false);
  }

  private static Variable attend(AttentionPattern pattern, Variable q, Variable k, Variable v) {
    return q.attention(k, v, pattern, 1);
  }

  static List<Row> rows() {
    return Stream.of(elementwise(), shapes(), products(), images(), rowwise())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Row> elementwise() {
    return List.of(
        other(
            Unary.class,
            () -> Variable.of(ids(1)).unary(UnaryOp.EXP),
            "EXP: needs floating-point numbers; got I32"),
        shape(
            Binary.class,
            () -> x(4, 3).add(x(4)),
            "ADD: cannot broadcast; a [4, 3], b [4] (axis -1: 3 ≠ 4)"),
        other(
            Binary.class,
            () -> x(2).binary(BinaryOp.MUL, Variable.of(ids(1, 2))),
            "MUL: dtypes differ; a F32, b I32. Convert one with to(…)"),
        shape(
            Where.class,
            () -> Variable.where(ids(1, 0), x(3), x(3)),
            "where: cannot broadcast; a [2], b [3] (axis -1: 2 ≠ 3)"),
        shape(
            Reduce.class, () -> x(2, 3).sum(2), "axis: 2 is not an axis of shape [2, 3] (rank 2)"),
        other(
            Reduce.class,
            () -> Autograd.apply(Reduce.of(ReduceOp.SUM, true), Variable.of(ids(1))),
            "reduce: needs floating-point numbers; got I32"),
        other(
            Dropout.class,
            () -> x(2).dropout(1, Random.of(1)),
            "dropout: p must be in [0, 1); got 1.0"));
  }

  private static List<Row> shapes() {
    return List.of(
        shape(
            Reshape.class,
            () -> x(2, 3).reshape(4, -1),
            "reshape: [2, 3] (6 elements) does not fit [4, -1]"),
        shape(Reshape.class, () -> x(2, 3).reshape(7), "reshape: [2, 3] has 6 elements, [7] has 7"),
        shape(
            Permute.class, () -> x(2, 3).permute(0, 0), "permute: axis 0 is named twice in [0, 0]"),
        shape(
            Slice.class,
            () -> x(2, 3).slice(1, 2, 4),
            "slice: [2, 4) is not inside axis 1 of shape [2, 3]"),
        shape(
            Expand.class,
            () -> x(2, 3).expand(Shape.of(2, 4)),
            "expand: [2, 3] cannot be expanded to [2, 4]"),
        shape(
            Cat.class,
            () -> Variable.cat(List.of(x(2, 3), x(3, 3)), 1),
            "cat: shapes must agree except along axis 1; got [2, 3] and [3, 3]"),
        other(Pad.class, () -> x(3).pad(0, -1, 0), "pad: before must not be negative; got -1"),
        shape(Pad.class, () -> x(3).pad(1, 1, 0), "axis: 1 is not an axis of shape [3] (rank 1)"));
  }

  private static List<Row> products() {
    AttentionPattern causal = new AttentionPattern.Causal();
    AttentionPattern full = new AttentionPattern.Full();
    return List.of(
        shape(
            MatMul.class,
            () -> x(8, 256, 64).matmul(x(8, 128, 64)),
            "matmul: inner sizes differ; a [8, 256, 64], b [8, 128, 64] (64 ≠ 128)."
                + " Did you mean b.transpose(-2, -1)?"),
        shape(
            Linear.class,
            () -> x(5, 3).linear(x(4, 2), null),
            "linear: input sizes differ; x [5, 3], weight [4, 2] (3 ≠ 2)"),
        shape(
            Linear.class,
            () -> x(5, 3).linear(x(4, 3), x(3)),
            "linear: output sizes differ; weight [4, 3], bias [3] (4 ≠ 3)"),
        shape(
            Linear.class,
            () -> x(5, 3).linear(x(3), null),
            "linear: weight must have 2 axes (O, I); weight [3] (1 ≠ 2)"),
        shape(
            Linear.class,
            () -> x().linear(x(3, 3), null),
            "linear: x must have 1 or more axes; x []"),
        shape(
            Attention.class,
            () -> attend(causal, x(1, 2, 3), x(1, 2, 3, 4), x(1, 2, 3, 4)),
            "attention: q must have 4 axes (B, H, T, D); q [1, 2, 3] (3 ≠ 4)"),
        shape(
            Attention.class,
            () -> attend(causal, x(1, 2, 3, 4), x(1, 1, 3, 4), x(1, 1, 3, 4)),
            "attention: heads differ; q [1, 2, 3, 4], k [1, 1, 3, 4] (2 ≠ 1)"),
        shape(
            Attention.class,
            () -> attend(causal, x(1, 2, 3, 4), x(1, 2, 5, 4), x(1, 2, 5, 4)),
            "attention: pattern Causal[] needs as many keys as queries; q [1, 2, 3, 4],"
                + " k [1, 2, 5, 4] (3 ≠ 5)"),
        shape(
            Attention.class,
            () -> attend(full, x(1, 2, 3, 4), x(1, 2, 5, 4), x(1, 2, 6, 4)),
            "attention: numbers of keys and values differ; k [1, 2, 5, 4], v [1, 2, 6, 4]"
                + " (5 ≠ 6)"),
        shape(
            Attention.class,
            () -> attend(full, x(1, 2, 3, 4), x(1, 2, 0, 4), x(1, 2, 0, 4)),
            "attention: needs at least one key; k [1, 2, 0, 4]"),
        shape(
            SelfAttention.class,
            () -> x(2, 12).selfAttention(2, causal, 1),
            "selfAttention: qkv must have 3 axes (B, T, 3C); qkv [2, 12] (2 ≠ 3)"),
        shape(
            SelfAttention.class,
            () -> x(2, 5, 15).selfAttention(2, causal, 1),
            "selfAttention: qkv must be (B, T, 3·heads·D); qkv [2, 5, 15], 2 heads"));
  }

  private static List<Row> images() {
    return List.of(
        shape(
            Conv2d.class,
            () -> x(1, 3, 32, 32).conv2d(x(64, 4, 3, 3), null, 2, 1),
            "conv2d: channels differ; x [1, 3, 32, 32], weight [64, 4, 3, 3] (3 ≠ 4)"),
        shape(
            Conv2d.class,
            () -> x(1, 3, 2, 2).conv2d(x(8, 3, 5, 5), null, 1, 1),
            "conv2d: the kernel is larger than the padded image; x [1, 3, 2, 2],"
                + " weight [8, 3, 5, 5], padding 1 (5 > 4)"),
        shape(
            Conv2d.class,
            () -> x(1, 3, 8, 8).conv2d(x(8, 3, 1, 1), x(3), 1, 0),
            "conv2d: output channels differ; weight [8, 3, 1, 1], bias [3] (8 ≠ 3)"),
        other(
            Conv2d.class,
            () -> x(1, 3, 8, 8).conv2d(x(8, 3, 1, 1), null, 0, 0),
            "conv2d: stride must be positive; got 0"),
        shape(
            ReluConv2dChain.class,
            () -> x(1, 3, 8, 8).reluConv2dChain(false, List.of(x(4, 2, 3, 3), x(4))),
            "reluConv2dChain: channels differ; x [1, 3, 8, 8], weight 1 [4, 2, 3, 3] (3 ≠ 2)"),
        shape(
            ReluConv2dChain.class,
            () ->
                x(1, 3, 8, 8)
                    .reluConv2dChain(false, List.of(x(4, 3, 1, 1), x(4), x(5, 6, 3, 3), x(5))),
            "reluConv2dChain: channels differ; weight 1 [4, 3, 1, 1], weight 2 [5, 6, 3, 3]"
                + " (4 ≠ 6)"),
        shape(
            ReluConv2dChain.class,
            () -> x(1, 3, 8, 8).reluConv2dChain(false, List.of(x(4, 3, 2, 2), x(4))),
            "reluConv2dChain: kernels must be squares of odd sides; weight 1 [4, 3, 2, 2]"),
        shape(
            ReluConv2dChain.class,
            () -> x(1, 3, 8, 8).reluConv2dChain(true, List.of(x(4, 3, 3, 3), x(4))),
            "reluConv2dChain: channels, for x to be added, differ; x [1, 3, 8, 8], weight 1"
                + " [4, 3, 3, 3] (3 ≠ 4)"),
        other(
            ReluConv2dChain.class,
            () -> x(1, 3, 8, 8).reluConv2dChain(false, List.of(x(4, 3, 3, 3))),
            "reluConv2dChain: needs x and a weight and a bias for each convolution; got 2"
                + " inputs"),
        shape(
            MaxPool2d.class,
            () -> x(3, 4, 4).maxPool2d(2),
            "maxPool2d: x must have 4 axes (B, C, H, W); x [3, 4, 4] (3 ≠ 4)"),
        other(
            MaxPool2d.class,
            () -> x(1, 3, 4, 4).maxPool2d(0),
            "maxPool2d: kernel must be positive; got 0"),
        shape(
            AvgPool2d.class,
            () -> x(3, 4, 4).avgPool2d(2),
            "avgPool2d: x must have 4 axes (B, C, H, W); x [3, 4, 4] (3 ≠ 4)"),
        shape(
            UpsampleNearest2d.class,
            () -> x(3, 4).upsampleNearest2d(2),
            "upsampleNearest2d: x must have 4 axes (B, C, H, W); x [3, 4] (2 ≠ 4)"));
  }

  private static List<Row> rowwise() {
    return List.of(
        shape(
            Softmax.class,
            () -> Autograd.apply(new Softmax(), x()),
            "softmax: x must have 1 or more axes; x []"),
        shape(
            LogSoftmax.class,
            () -> Autograd.apply(new LogSoftmax(), x()),
            "logSoftmax: x must have 1 or more axes; x []"),
        shape(
            LayerNorm.class,
            () -> x(2, 3).layerNorm(x(4), x(3), 1e-5),
            "layerNorm: channels differ; x [2, 3], weight [4] (3 ≠ 4)"),
        shape(
            Embedding.class,
            () -> x(3).embedding(ids(1)),
            "embedding: weight must have 2 axes (N, C); weight [3] (1 ≠ 2)"),
        other(
            Embedding.class,
            () -> x(3, 2).embedding(ids(1, 3)),
            "embedding: ids hold 3 at element 1; the range is [0, 3)"),
        other(
            Embedding.class,
            () -> x(3, 2).embedding(Tensor.zeros(2)),
            "embedding: the ids must be I32; got F32. Convert with to(DType.I32)"),
        shape(
            Gather.class,
            () -> x(2, 3).gather(ids(1, 2)),
            "gather: all axes but the last must agree; x [2, 3], index [2] ([2] ≠ [])"),
        other(
            Gather.class,
            () -> x(3).gather(ids(0, -1)),
            "gather: indices hold -1 at element 1; the range is [0, 3)"),
        shape(
            CrossEntropy.class,
            () -> x(2, 3).crossEntropy(ids(1)),
            "crossEntropy: rows differ; logits [2, 3], targets [1] (2 ≠ 1)"),
        other(
            CrossEntropy.class,
            () -> x(2, 3).crossEntropy(ids(-1, 3)),
            "crossEntropy: targets hold 3 at element 1; the range is [0, 3)"));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void saysWhatIsWrong(Row row) {
    assertThatThrownBy(row.use()::get)
        .isInstanceOf(row.isShape() ? ShapeException.class : IllegalArgumentException.class)
        .hasMessage(row.message());
  }

  @Test
  void everyOpHasARow() {
    List<Class<?>> ops = new ArrayList<>(Arrays.asList(Op.class.getPermittedSubclasses()));
    ops.remove(CustomOp.class);
    assertThat(rows().stream().map(Row::op).distinct())
        .containsExactlyInAnyOrderElementsOf(
            ops.stream().map(c -> c.asSubclass(Op.class)).toList());
  }
}
