package smalti.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.UnaryOp;

/// Does single ops with Smalti. All but the matrix product and AdamW go through autograd, forward
/// and back, with fresh outputs every time, as in a training.
final class OurKernels {
  private OurKernels() {}

  static Task sgemm(Work.Sgemm w) {
    Tensor a = w.transA() ? w.a().transpose(0, 1) : w.a(); // (M, K)
    Tensor b = w.transB() ? w.b().transpose(0, 1) : w.b(); // (K, N)
    Tensor out = Tensor.zeros(w.m(), w.n());
    return new Task() {
      @Override
      public void run() {
        Backends.current().matmul(a, b, false, out);
      }

      @Override
      public List<float[]> results() {
        run();
        return List.of(out.toFloats());
      }
    };
  }

  static Task conv(Work.Conv w) {
    Variable x = w.hasInputGradient() ? Variable.leaf(w.x()) : Variable.of(w.x());
    Variable weight = Variable.leaf(w.weight());
    Variable bias = Variable.leaf(w.bias());
    int padding = (w.kernel() - 1) / 2;
    List<Variable> leaves = w.hasInputGradient() ? List.of(weight, bias, x) : List.of(weight, bias);
    return new BackAndForth(() -> x.conv2d(weight, bias, 1, padding), w.gradient(), leaves);
  }

  static Task attention(Work.Attention w, AttentionPattern pattern) {
    return attentions(w, List.of(pattern)).getFirst();
  }

  /// Does layers one after the other, all on the same input.
  static Task attention(Work.AttentionLayers w, List<AttentionPattern> patterns) {
    List<AttentionPattern> different = patterns.stream().distinct().toList();
    List<Task> tasks = attentions(w.layers().getFirst(), different);
    return new Task() {
      @Override
      public void run() {
        patterns.forEach(pattern -> tasks.get(different.indexOf(pattern)).run());
      }

      @Override
      public List<float[]> results() {
        return tasks.stream().flatMap(task -> task.results().stream()).toList();
      }
    };
  }

  private static List<Task> attentions(Work.Attention w, List<AttentionPattern> patterns) {
    Variable q = Variable.leaf(w.input("q")); // (B, T, H, D), as a linear layer leaves it
    Variable k = Variable.leaf(w.input("k"));
    Variable v = Variable.leaf(w.input("v"));
    Tensor gradient = w.input("gradient").transpose(1, 2);
    double scale = 1 / Math.sqrt(w.width());
    List<Task> tasks = new ArrayList<>();
    for (AttentionPattern pattern : patterns) {
      tasks.add(
          new BackAndForth(
              () ->
                  q.transpose(1, 2)
                      .attention(
                          k.transpose(1, 2), v.transpose(1, 2), pattern, scale), // (B, H, T, D)
              gradient,
              List.of(q, k, v)));
    }
    return tasks;
  }

  static Task rows(Work.Rows w) {
    Variable x = Variable.leaf(w.x());
    return switch (w.kind()) {
      case SOFTMAX -> new BackAndForth(() -> x.softmax(-1), w.gradient(), List.of(x));
      case GELU -> new BackAndForth(() -> x.unary(UnaryOp.GELU), w.gradient(), List.of(x));
      case LAYERNORM -> {
        Variable gain = Variable.leaf(w.vector("gain"));
        Variable bias = Variable.leaf(w.vector("bias"));
        yield new BackAndForth(
            () -> x.layerNorm(gain, bias, 1e-5), w.gradient(), List.of(x, gain, bias));
      }
      case XENT -> {
        Tensor targets = w.targets();
        yield new BackAndForth(() -> x.crossEntropy(targets).mean(), Tensor.scalar(1), List.of(x));
      }
    };
  }

  /// Computes an op and its gradients.
  private record BackAndForth(Supplier<Variable> op, Tensor gradient, List<Variable> leaves)
      implements Task {
    @Override
    public void run() {
      Backends.current()
          .step(() -> {
            Autograd.backward(op.get(), gradient);
            return List.of();
          });
    }

    @Override
    public List<float[]> results() {
      Variable y = op.get();
      Gradients gradients = Autograd.backward(y, gradient);
      List<float[]> results = new ArrayList<>(List.of(y.value().toFloats()));
      leaves.forEach(leaf -> results.add(gradients.of(leaf).toFloats()));
      return results;
    }
  }

  static Task adamw(Work.AdamW w) {
    List<Tensor> parameters = new ArrayList<>();
    List<Tensor> gradients = new ArrayList<>();
    List<Tensor> means = new ArrayList<>();
    List<Tensor> variances = new ArrayList<>();
    for (int i = 0; i < w.tensors(); i++) {
      parameters.add(w.parameter(i));
      gradients.add(w.gradient(i));
      means.add(Tensor.zeros(w.size()));
      variances.add(Tensor.zeros(w.size()));
    }
    return new Task() {
      private long step;

      @Override
      public void run() {
        step++;
        Backend backend = Backends.current();
        for (int i = 0; i < w.tensors(); i++) {
          backend.adamStep(
              parameters.get(i),
              gradients.get(i),
              Work.AdamW.LR,
              0.9,
              Work.AdamW.BETA2,
              1e-8,
              Work.AdamW.DECAY,
              step,
              means.get(i),
              variances.get(i));
        }
      }

      @Override
      public List<float[]> results() {
        run();
        run();
        return parameters.stream().map(Tensor::toFloats).toList();
      }
    };
  }
}
