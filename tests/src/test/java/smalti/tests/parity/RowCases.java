package smalti.tests.parity;

import static smalti.tests.parity.Operands.SIZES;
import static smalti.tests.parity.Operands.blank;
import static smalti.tests.parity.Operands.corners;
import static smalti.tests.parity.Operands.ids;
import static smalti.tests.parity.Operands.lying;
import static smalti.tests.parity.Operands.nonFinite;
import static smalti.tests.parity.Operands.normal;
import static smalti.tests.parity.Operands.uniform;

import java.util.ArrayList;
import java.util.List;
import smalti.tensor.DType;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.ReduceOp;
import smalti.tests.parity.Operands.Lie;

/// Lists the cases of reductions, of the kernels on rows and of those with indices.
final class RowCases {
  private final List<Case> cases = new ArrayList<>();

  private RowCases() {}

  static List<Case> all() {
    RowCases all = new RowCases();
    for (int n : SIZES) {
      all.reduce(n);
      for (Lie lie : Operands.dense()) {
        all.softmax(n, lie);
        all.indices(n, lie);
        if (n > 0) {
          all.argmax(n, lie);
          all.layerNorm(n, lie);
          all.crossEntropy(n, lie);
        }
      }
    }
    all.largeReductions();
    return all.cases;
  }

  private void reduce(int n) {
    for (ReduceOp op : ReduceOp.values()) {
      for (Lie lie : Lie.values()) {
        Tensor x = lying(lie, normal("reduce", 3, n, 2));
        reduce(op, n + " all " + lie, x, 1, 1, 1);
        reduce(op, n + " last " + lie, x, 3, n, 1);
        reduce(op, n + " first " + lie, x, 1, n, 2);
        reduce(op, n + " middle " + lie, x, 3, 1, 2);
        reduce(op, n + " last two " + lie, x, 3, 1, 1);
        reduce(op, n + " first two " + lie, x, 1, 1, 2);
        reduce(op, n + " ends " + lie, x, 1, n, 1);
        reduce(op, n + " none " + lie, x, 3, n, 2);
        Tensor wild =
            lying(lie, op == ReduceOp.SUM ? nonFinite("sum", 2, n) : corners("max", 2, n));
        reduce(op, n + " row " + lie, wild, 2, 1);
        reduce(op, n + " column " + lie, wild, 1, n);
      }
      reduce(op, n + " expanded", normal("reduce", n, 1).expand(Shape.of(2, n, 3)), 2, 1, 1);
      reduce(op, n + " permuted", normal("reduce", 3, n, 2).permute(1, 0, 2), n, 1, 2);
    }
  }

  private void largeReductions() {
    for (ReduceOp op : ReduceOp.values()) {
      reduce(op, "20000", normal("reduce", 20000), 1);
      reduce(op, "3 × 20001", normal("reduce", 3, 20001), 3, 1);
      reduce(op, "20001 × 3", normal("reduce", 20001, 3), 1, 3);
      reduce(op, "200 × 9000", normal("reduce", 200, 9000), 1, 9000);
      reduce(op, "images", normal("reduce", 9, 5, 17, 31), 1, 5, 1, 1);
      reduce(op, "heads", normal("reduce", 2, 70, 3, 16), 2, 1, 3, 16);
    }
  }

  private void reduce(ReduceOp op, String variant, Tensor x, int... shape) {
    int terms = x.elements() / Math.max(1, Shape.of(shape).elements());
    cases.add(
        new Case(
            "reduce",
            op + " " + variant,
            Case.sumsOf(terms),
            backend -> {
              Tensor out = blank(Lie.OFFSET, shape);
              backend.reduce(op, x, out);
              return List.of(out);
            }));
  }

  private void argmax(int n, Lie lie) {
    for (Tensor x : List.of(normal("argmax", 4, n), corners("argmax", 4, n), Tensor.zeros(4, n))) {
      cases.add(
          new Case(
              "argmax",
              n + " " + lie,
              0,
              backend -> {
                Tensor out = Tensor.zeros(Shape.of(4), DType.I32);
                backend.argmax(lying(lie, x), out);
                return List.of(out);
              }));
    }
  }

  private void softmax(int n, Lie lie) {
    Tensor x = lying(lie, uniform("softmax", -5, 5, 3, n));
    Tensor y = Backends.with(Backends.reference(), () -> softmaxed(x));
    Tensor logY = lying(lie, uniform("logSoftmax", -8, 0, 3, n));
    Tensor dOut = lying(lie, normal("dOut", 3, n));
    rowKernel("softmax", n + " " + lie, 1e-6, x, (b, out) -> b.softmax(x, out));
    Tensor wild = corners("softmax", 3, n);
    rowKernel("softmax", n + " corners " + lie, 1e-6, wild, (b, out) -> b.softmax(wild, out));
    Tensor large = uniform("softmax", 990, 1010, 3, n);
    rowKernel("softmax", n + " large " + lie, 1e-6, large, (b, out) -> b.softmax(large, out));
    rowKernel("softmaxGrad", n + " " + lie, 2e-6, x, (b, out) -> b.softmaxGrad(y, dOut, out));
    rowKernel("logSoftmax", n + " " + lie, 2e-6, x, (b, out) -> b.logSoftmax(x, out));
    rowKernel("logSoftmax", n + " corners " + lie, 2e-6, wild, (b, o) -> b.logSoftmax(wild, o));
    rowKernel("logSoftmax", n + " large " + lie, 2e-6, large, (b, o) -> b.logSoftmax(large, o));
    rowKernel(
        "logSoftmaxGrad",
        n + " " + lie,
        Case.sumsOf(n),
        x,
        (b, out) -> b.logSoftmaxGrad(logY, dOut, out));
  }

  private static Tensor softmaxed(Tensor x) {
    Tensor y = x.zerosLike();
    Backends.reference().softmax(x, y);
    return y;
  }

  /// Calls a kernel with one output, of the shape of its input.
  @FunctionalInterface
  private interface Call {
    void run(Backend backend, Tensor out);
  }

  private void rowKernel(String kernel, String variant, double tolerance, Tensor like, Call call) {
    cases.add(
        new Case(
            kernel,
            variant,
            tolerance,
            backend -> {
              Tensor out = blank(Lie.OFFSET, like.shape().toArray());
              call.run(backend, out);
              return List.of(out);
            }));
  }

  private void layerNorm(int n, Lie lie) {
    for (int rows : new int[] {0, 1, 5, 70}) {
      Tensor x = lying(lie, uniform("norm", 1, 3, rows, n));
      Tensor weight = lying(lie, normal("weight", n));
      Tensor bias = lying(lie, normal("bias", n));
      Tensor dOut = lying(lie, normal("dOut", rows, n));
      Tensor mean = Tensor.zeros(rows);
      Tensor rstd = Tensor.zeros(rows);
      Backends.reference().layerNorm(x, weight, bias, 1e-5, x.zerosLike(), mean, rstd);
      // One element has variance 0: rstd is 1/√eps, and so large are rounding errors.
      double tolerance = n < 3 ? 2e-3 : 1e-5;
      cases.add(
          new Case(
              "layerNorm",
              rows + " × " + n + " " + lie,
              tolerance,
              backend -> {
                List<Tensor> outs =
                    List.of(blank(lie, rows, n), blank(lie, rows), blank(lie, rows));
                backend.layerNorm(x, weight, bias, 1e-5, outs.get(0), outs.get(1), outs.get(2));
                return outs;
              }));
      cases.add(
          new Case(
              "layerNormGrad",
              rows + " × " + n + " " + lie,
              tolerance * Math.max(1, Math.sqrt(rows)),
              backend -> {
                List<Tensor> outs = List.of(blank(lie, rows, n), blank(lie, n), blank(lie, n));
                backend.layerNormGrad(
                    x, weight, mean, rstd, dOut, outs.get(0), outs.get(1), outs.get(2));
                return outs;
              }));
    }
  }

  private void crossEntropy(int n, Lie lie) {
    Tensor logits = lying(lie, uniform("logits", -4, 4, 5, n));
    int[] chosen = ids("targets", n, 5).toInts();
    chosen[2] = -100;
    Tensor targets = Tensor.of(chosen, 5);
    Tensor lse = Tensor.zeros(5);
    Backends.reference().crossEntropy(logits, targets, Tensor.zeros(5), lse);
    cases.add(
        new Case(
            "crossEntropy",
            n + " " + lie,
            3e-6,
            backend -> {
              Tensor loss = blank(lie, 5);
              Tensor logSums = blank(lie, 5);
              backend.crossEntropy(logits, targets, loss, logSums);
              return List.of(loss, logSums);
            }));
    rowKernel(
        "crossEntropyGrad",
        n + " " + lie,
        3e-6,
        logits,
        (b, dx) -> b.crossEntropyGrad(logits, targets, lse, normal("dLoss", 5), dx));
  }

  private void indices(int n, Lie lie) {
    Tensor weight = lying(lie, normal("weight", 11, n));
    Tensor tokens = lying(lie, ids("tokens", 11, 2, 9));
    Tensor rows = normal("rows", 2, 9, n);
    rowKernel("embedding", n + " " + lie, 0, rows, (b, out) -> b.embedding(weight, tokens, out));
    rowKernel(
        "embeddingGrad", n + " " + lie, 1e-5, weight, (b, dw) -> b.embeddingGrad(tokens, rows, dw));
    if (n > 0) {
      Tensor x = lying(lie, normal("x", 3, n));
      Tensor index = lying(lie, ids("index", n, 3, 6));
      Tensor picked = normal("picked", 3, 6);
      rowKernel("gather", n + " " + lie, 0, picked, (b, out) -> b.gather(x, index, out));
      rowKernel("gatherGrad", n + " " + lie, 1e-5, x, (b, dx) -> b.gatherGrad(index, picked, dx));
    }
  }
}
