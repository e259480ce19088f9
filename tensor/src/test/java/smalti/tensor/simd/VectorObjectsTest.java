package smalti.tensor.simd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Isolated;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Parallel;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;

/// Holds that compiled kernels make no objects of vectors. Where C2 does not inline a method that
/// takes or returns a vector, each call makes one, and the kernel is several times slower, though
/// its results are right: the gradient of log-softmax and that of max pooling were so for a while.
///
/// A kernel runs until C2 has compiled it, and some time longer, since what C2 has inlined at first
/// it may leave a call when it compiles again; then a call may allocate what it needs for itself,
/// but nothing for each vector, of which there are thousands.
///
/// What C2 inlines depends on what ran before, so a failure proves more than a success: two runs on
/// the code of then found both gradients, or log-softmax itself instead. So it is one of the slow
/// proofs, which run in a JVM of their own, and no reason to turn a build down.
@Tag("slow")
@Isolated("sets the number of threads, and measures one")
class VectorObjectsTest {
  private static final int BEFORE = Parallel.threads();

  /// Bytes: some thousands of objects that are not vectors. One for each vector is 390,000 at
  /// least.
  private static final long MOST = 300_000;

  private static final Duration WARM_UP = Duration.ofMillis(300);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TestFactory
  Stream<DynamicTest> kernelsMakeNone() {
    return calls(new SimdBackend()).entrySet().stream()
        .map(c -> DynamicTest.dynamicTest(c.getKey(), () -> settles(c.getKey(), c.getValue())));
  }

  @BeforeEach
  void useOneThread() {
    assumeTrue(Lanes.COUNT >= 8, "vectors of eight: without AVX2 a fused multiply-add is a call");
    Parallel.threads(1);
  }

  @AfterEach
  void restoreThreads() {
    Parallel.threads(BEFORE);
  }

  private static void settles(String name, Runnable kernel) {
    long start = System.nanoTime();
    long bytes = Long.MAX_VALUE;
    while (System.nanoTime() < start + WARM_UP.toNanos()
        || bytes > MOST && System.nanoTime() < start + PATIENCE.toNanos()) {
      for (int i = 0; i < 20; i++) {
        kernel.run();
      }
      long before = THREADS.getCurrentThreadAllocatedBytes();
      kernel.run();
      bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(bytes).as("bytes that a call of %s allocates", name).isLessThanOrEqualTo(MOST);
  }

  private static Map<String, Runnable> calls(Backend b) {
    Map<String, Runnable> calls = new LinkedHashMap<>();
    rows(b, calls);
    elements(b, calls);
    images(b, calls);
    attention(b, calls);
    return calls;
  }

  private static void rows(Backend b, Map<String, Runnable> calls) {
    Tensor x = normal(128, 512);
    Tensor y = normal(128, 512);
    Tensor out = Tensor.zeros(128, 512);
    Tensor sums = Tensor.zeros(128, 1);
    Tensor columns = Tensor.zeros(1, 512);
    calls.put("softmax", () -> b.softmax(x, out));
    calls.put("softmaxGrad", () -> b.softmaxGrad(x, y, out));
    calls.put("logSoftmax", () -> b.logSoftmax(x, out));
    calls.put("logSoftmaxGrad", () -> b.logSoftmaxGrad(x, y, out));
    for (ReduceOp op : ReduceOp.values()) {
      calls.put(op + " of rows", () -> b.reduce(op, x, sums));
      calls.put(op + " of columns", () -> b.reduce(op, x, columns));
    }
    Tensor square = normal(512, 512);
    calls.put("matmul", () -> b.matmul(x, square, false, out));
    calls.put("matmul, transposed", () -> b.matmul(x, square.transpose(0, 1), false, out));
  }

  private static void elements(Backend b, Map<String, Runnable> calls) {
    Tensor x = normal(1 << 16);
    Tensor y = normal(1 << 16);
    Tensor dOut = normal(1 << 16);
    Tensor out = Tensor.zeros(1 << 16);
    for (UnaryOp op : UnaryOp.values()) {
      if (UnaryLoops.has(op)) {
        calls.put(op.toString(), () -> b.unary(op, x, out));
        calls.put(op + ", gradient", () -> b.unaryGrad(op, x, y, dOut, out));
      }
    }
    for (BinaryOp op : new BinaryOp[] {BinaryOp.ADD, BinaryOp.MUL, BinaryOp.MAXIMUM}) {
      calls.put(op.toString(), () -> b.binary(op, x, y, out));
    }
    calls.put("maximum, gradient", () -> b.binaryGrad(BinaryOp.MAXIMUM, true, x, y, dOut, out));
    calls.put("uniform", () -> b.uniform(3, out));
    calls.put("dropout", () -> b.dropout(x, 3, 0.1, out));
    Tensor mean = Tensor.zeros(1 << 16);
    Tensor square = Tensor.zeros(1 << 16);
    calls.put("adamStep", () -> b.adamStep(out, dOut, 1e-3, 0.9, 0.99, 1e-8, 0, 1, mean, square));
  }

  private static void images(Backend b, Map<String, Runnable> calls) {
    Tensor fine = normal(4, 16, 32, 32);
    Tensor coarse = normal(4, 16, 16, 16);
    Tensor toFine = Tensor.zeros(4, 16, 32, 32);
    Tensor toCoarse = Tensor.zeros(4, 16, 16, 16);
    calls.put("maxPool2d", () -> b.maxPool2d(fine, 2, toCoarse));
    calls.put("maxPool2dGrad", () -> b.maxPool2dGrad(fine, coarse, 2, toFine));
    calls.put("avgPool2d", () -> b.avgPool2d(fine, 2, toCoarse));
    calls.put("avgPool2dGrad", () -> b.avgPool2dGrad(coarse, 2, toFine));
    calls.put("upsampleNearest2d", () -> b.upsampleNearest2d(coarse, 2, toFine));
    calls.put("upsampleNearest2dGrad", () -> b.upsampleNearest2dGrad(fine, 2, toCoarse));
    int[][] shapes = {{16, 32, 1}, {8, 16, 3}, {16, 32, 3}, {32, 32, 3}, {3, 32, 7}};
    for (int[] s : shapes) {
      String name = "%2$d channels to %3$d, %1$d × %1$d".formatted(s[2], s[0], s[1]);
      int padding = s[2] / 2;
      Tensor x = normal(4, s[0], 16, 16);
      Tensor weight = normal(s[1], s[0], s[2], s[2]);
      Tensor bias = normal(s[1]);
      Tensor dOut = normal(4, s[1], 16, 16);
      Tensor out = Tensor.zeros(4, s[1], 16, 16);
      Tensor dx = Tensor.zeros(4, s[0], 16, 16);
      Tensor dWeight = Tensor.zeros(s[1], s[0], s[2], s[2]);
      calls.put("conv2d, " + name, () -> b.conv2d(x, weight, bias, 1, padding, out));
      calls.put(name + ", input", () -> b.conv2dGradInput(dOut, weight, 1, padding, dx));
      calls.put(name + ", weight", () -> b.conv2dGradWeight(x, dOut, 1, padding, dWeight));
    }
  }

  private static void attention(Backend b, Map<String, Runnable> calls) {
    AttentionPattern[] patterns = {new AttentionPattern.Causal(), new AttentionPattern.Row(64, 16)};
    Tensor q = normal(1, 2, 320, 32);
    Tensor k = normal(1, 2, 320, 32);
    Tensor v = normal(1, 2, 320, 32);
    Tensor dOut = normal(1, 2, 320, 32);
    Tensor out = Tensor.zeros(1, 2, 320, 32);
    Tensor lse = Tensor.zeros(1, 2, 320);
    Tensor[] to = {
      Tensor.zeros(1, 2, 320, 32), Tensor.zeros(1, 2, 320, 32), Tensor.zeros(1, 2, 320, 32)
    };
    for (AttentionPattern p : patterns) {
      String name = p.getClass().getSimpleName();
      calls.put("attention, " + name, () -> b.attention(q, k, v, p, 0.2, 0, out, lse));
      calls.put(
          "attentionGrad, " + name,
          () -> b.attentionGrad(q, k, v, out, lse, dOut, p, 0.2, to[0], to[1], to[2]));
    }
  }

  private static Tensor normal(int... shape) {
    return Random.of(7).normal(Shape.of(shape));
  }
}
