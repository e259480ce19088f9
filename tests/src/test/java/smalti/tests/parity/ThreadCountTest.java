package smalti.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Isolated;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Parallel;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.AttentionPart;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;
import smalti.tensor.backend.BackendProvider.Availability.Available;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;

/// Runs kernels on sizes that are worth sharing, on 1, 2 and 3 threads, and asks for the same bits.
@Isolated("sets the number of threads")
class ThreadCountTest {
  private static final int BEFORE = Parallel.threads();

  @AfterEach
  void restoreThreads() {
    Parallel.threads(BEFORE);
  }

  @TestFactory
  Stream<DynamicTest> resultsAreTheSameBitsForAnyNumberOfThreads() {
    return Backends.providers().stream()
        .filter(p -> !p.name().equals("reference") && p.availability() instanceof Available)
        .map(BackendProvider::create)
        .flatMap(backend ->
            calls().entrySet().stream()
                .map(call ->
                    DynamicTest.dynamicTest(
                        backend.name() + " " + call.getKey(),
                        () -> compare(backend, call.getValue()))));
  }

  private static void compare(Backend backend, Function<Backend, List<Tensor>> call) {
    List<List<Integer>> bits = new ArrayList<>();
    for (int threads : new int[] {1, 2, 3, 1}) {
      Parallel.threads(threads);
      bits.add(call.apply(backend).stream().map(ThreadCountTest::hash).toList());
    }
    assertThat(bits).allMatch(b -> b.equals(bits.getFirst()));
  }

  private static int hash(Tensor t) {
    return Arrays.hashCode(((Storage.F32) t.storage()).array());
  }

  private static TreeMap<String, Function<Backend, List<Tensor>>> calls() {
    TreeMap<String, Function<Backend, List<Tensor>>> calls = new TreeMap<>();
    Tensor x = Operands.normal("x", 700, 301);
    Tensor row = Operands.normal("row", 301);
    Tensor rows = Operands.normal("rows", 700);
    calls.put("unary", b -> out(x, o -> b.unary(UnaryOp.GELU, x, o)));
    calls.put("binary", b -> out(x, o -> b.binary(BinaryOp.MUL, x, row.expand(x.shape()), o)));
    calls.put("softmax", b -> out(x, o -> b.softmax(x, o)));
    calls.put("logSoftmaxGrad", b -> out(x, o -> b.logSoftmaxGrad(x, x, o)));
    calls.put("uniform", b -> out(x, o -> b.uniform(3, o)));
    calls.put("dropout", b -> out(x, o -> b.dropout(x, 3, 0.1, o)));
    for (int[] shape : new int[][] {{1, 1}, {700, 1}, {1, 301}}) {
      calls.put(
          "reduce to " + List.of(shape[0], shape[1]),
          b -> out(Tensor.zeros(shape), o -> b.reduce(ReduceOp.SUM, x, o)));
    }
    calls.put(
        "layerNormGrad",
        b -> {
          List<Tensor> outs = List.of(x.zerosLike(), row.zerosLike(), row.zerosLike());
          b.layerNormGrad(x, row, rows, rows, x, outs.get(0), outs.get(1), outs.get(2));
          return outs;
        });
    calls.put(
        "embeddingGrad",
        b -> out(Tensor.zeros(50, 301), o -> b.embeddingGrad(Operands.ids("ids", 50, 700), x, o)));
    Tensor right = Operands.normal("right", 301, 257);
    calls.put("matmul", b -> out(Tensor.zeros(700, 257), o -> b.matmul(x, right, false, o)));
    calls.put(
        "addmmActivation",
        b ->
            out(
                Tensor.zeros(700, 257),
                o ->
                    b.addmmActivation(
                        right.slice(0, 0, 1).reshape(257),
                        x,
                        right,
                        UnaryOp.GELU,
                        o.zerosLike(),
                        o)));
    calls.put(
        "fixedFactor",
        b -> out(Tensor.zeros(700, 257), o -> b.fixedFactor(right).multiply(x, null, o)));
    Tensor left = x.transpose(0, 1);
    Tensor tall = Operands.normal("tall", 700, 33);
    calls.put("matmul, deep", b -> out(Tensor.zeros(301, 33), o -> b.matmul(left, tall, false, o)));
    putConvolutions(calls);
    putAttention(calls);
    putAttentionStep(calls);
    return calls;
  }

  private static void putConvolutions(TreeMap<String, Function<Backend, List<Tensor>>> calls) {
    Tensor x = Operands.normal("image", 5, 9, 16, 16);
    Tensor weight = Operands.normal("weight", 13, 9, 3, 3);
    Tensor y = Operands.normal("dOut", 5, 13, 16, 16);
    calls.put("conv2d", b -> out(y, o -> b.conv2d(x, weight, null, 1, 1, o)));
    calls.put("conv2dRelu", b -> out(y, o -> b.conv2dRelu(x, weight, null, 1, 1, o)));
    calls.put("conv2dAdd", b -> out(y, o -> b.conv2dAdd(x, weight, null, 1, 1, y, o)));
    calls.put(
        "conv2dReluGradInput", b -> out(x, o -> b.conv2dReluGradInput(y, weight, 1, 1, x, x, o)));
    calls.put("conv2dGradInput", b -> out(x, o -> b.conv2dGradInput(y, weight, 1, 1, o)));
    calls.put("conv2dGradWeight", b -> out(weight, o -> b.conv2dGradWeight(x, y, 1, 1, o)));
  }

  private static void putAttention(TreeMap<String, Function<Backend, List<Tensor>>> calls) {
    Tensor q = Operands.normal("q", 2, 3, 150, 24);
    AttentionPattern pattern = new AttentionPattern.Row(20, 8);
    Tensor lse = Operands.normal("lse", 2, 3, 150).add(3);
    calls.put(
        "attention", b -> out(q, o -> b.attention(q, q, q, pattern, 0.2, 0, o, lse.zerosLike())));
    calls.put(
        "attentionGrad",
        b -> {
          List<Tensor> outs = List.of(q.zerosLike(), q.zerosLike(), q.zerosLike());
          b.attentionGrad(q, q, q, q, lse, q, pattern, 0.2, outs.get(0), outs.get(1), outs.get(2));
          return outs;
        });
  }

  private static void putAttentionStep(TreeMap<String, Function<Backend, List<Tensor>>> calls) {
    Tensor q = Operands.normal("query", 20, 3, 1, 24);
    Tensor k = Operands.normal("keys", 20, 3, 150, 24);
    AttentionPart others = new AttentionPart(q, Operands.normal("others", 20, 3, 1));
    calls.put(
        "attentionStep",
        b -> out(q, o -> b.attentionStep(q, List.of(k, k), List.of(k, k), 0.2, others, o)));
  }

  private static List<Tensor> out(Tensor like, Consumer<Tensor> call) {
    Tensor out = like.zerosLike();
    call.accept(out);
    return List.of(out);
  }
}
