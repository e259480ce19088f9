package smalti.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import smalti.bench.Task;
import smalti.bench.Work;
import smalti.tensor.AttentionPattern;

/// Does single ops with libtorch; all but the matrix product and AdamW through autograd, forward
/// and back.
final class TorchOps {
  private static final long[] ONE = {1, 1};

  private TorchOps() {}

  static Task sgemm(Work.Sgemm w) {
    Tensor a = w.transA() ? Torch.copy(w.a()).t() : Torch.copy(w.a()); // (M, K)
    Tensor b = w.transB() ? Torch.copy(w.b()).t() : Torch.copy(w.b()); // (K, N)
    Tensor out = torch.empty(w.m(), w.n());
    return new Task() {
      @Override
      public void run() {
        try (PointerScope _ = new PointerScope()) {
          torch.mm_out(out, a, b);
        }
      }

      @Override
      public List<float[]> results() {
        run();
        return List.of(Torch.numbers(out));
      }
    };
  }

  static Task conv(Work.Conv w, MemoryFormat format) {
    Tensor x = Torch.copy(w.x()).contiguous(format).requires_grad_(w.hasInputGradient());
    Tensor weight = Torch.copy(w.weight()).contiguous(format).requires_grad_(true);
    Tensor bias = Torch.leaf(w.bias());
    TensorOptional b = Torch.optional(bias);
    int padding = (w.kernel() - 1) / 2;
    long[] pad = {padding, padding};
    List<Tensor> leaves = w.hasInputGradient() ? List.of(weight, bias, x) : List.of(weight, bias);
    return new BackAndForth(
        () -> torch.conv2d(x, weight, b, ONE, pad, ONE, 1),
        Torch.copy(w.gradient()).contiguous(format),
        leaves);
  }

  static Task attention(Work.Attention w) {
    Tensor q = Torch.leaf(w.input("q"));
    Tensor k = Torch.leaf(w.input("k"));
    Tensor v = Torch.leaf(w.input("v"));
    boolean causal = w.pattern() instanceof AttentionPattern.Causal;
    TensorOptional mask =
        causal ? new TensorOptional() : Torch.optional(mask(w.pattern(), w.length()));
    DoubleOptional scale = new DoubleOptional();
    return new BackAndForth(
        () ->
            torch.scaled_dot_product_attention(
                q.transpose(1, 2),
                k.transpose(1, 2),
                v.transpose(1, 2),
                mask,
                0,
                causal,
                scale,
                false), // (B, H, T, D)
        Torch.copy(w.input("gradient")).transpose(1, 2),
        List.of(q, k, v));
  }

  /// Returns a mask to be added to scores: 0 where a query sees a key, −∞ elsewhere, (T, T).
  static Tensor mask(AttentionPattern pattern, int length) {
    float[] mask = new float[length * length];
    for (int q = 0; q < length; q++) {
      for (int k = 0; k < length; k++) {
        mask[q * length + k] = pattern.allows(q, k) ? 0 : Float.NEGATIVE_INFINITY;
      }
    }
    return Torch.copy(smalti.tensor.Tensor.of(mask, length, length));
  }

  static Task rows(Work.Rows w) {
    Tensor x = Torch.leaf(w.x());
    return switch (w.kind()) {
      case SOFTMAX ->
          new BackAndForth(() -> torch.softmax(x, -1), Torch.copy(w.gradient()), List.of(x));
      case GELU -> new BackAndForth(() -> torch.gelu(x), Torch.copy(w.gradient()), List.of(x));
      case LAYERNORM -> {
        Tensor gain = Torch.leaf(w.vector("gain"));
        Tensor bias = Torch.leaf(w.vector("bias"));
        TensorOptional g = Torch.optional(gain);
        TensorOptional b = Torch.optional(bias);
        long[] width = {w.columns()};
        yield new BackAndForth(
            () -> torch.layer_norm(x, width, g, b, 1e-5, false),
            Torch.copy(w.gradient()),
            List.of(x, gain, bias));
      }
      case XENT -> {
        Tensor targets = Torch.copy(w.targets());
        yield new BackAndForth(
            () -> torch.cross_entropy_loss(x, targets),
            Torch.copy(smalti.tensor.Tensor.scalar(1)),
            List.of(x));
      }
    };
  }

  static Task adamw(Work.AdamW w) {
    List<Tensor> parameters = new ArrayList<>();
    for (int i = 0; i < w.tensors(); i++) {
      Tensor parameter = Torch.leaf(w.parameter(i));
      parameter.mutable_grad().put(Torch.copy(w.gradient(i)));
      parameters.add(parameter);
    }
    TorchAdamW optimiser = new TorchAdamW(parameters, Work.AdamW.LR);
    return new Task() {
      @Override
      public void run() {
        optimiser.step();
      }

      @Override
      public List<float[]> results() {
        run();
        run();
        return parameters.stream().map(Torch::numbers).toList();
      }
    };
  }

  /// Computes an op and its gradients, in a scope that frees everything at its end.
  private record BackAndForth(Supplier<Tensor> op, Tensor gradient, List<Tensor> leaves)
      implements Task {
    @Override
    public void run() {
      try (PointerScope _ = new PointerScope()) {
        back(op.get());
        leaves.forEach(Torch::forgetGradient);
      }
    }

    private void back(Tensor y) {
      y.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
    }

    @Override
    public List<float[]> results() {
      try (PointerScope _ = new PointerScope()) {
        Tensor y = op.get();
        back(y);
        List<float[]> results = new ArrayList<>(List.of(Torch.numbers(y)));
        leaves.forEach(leaf -> results.add(Torch.numbers(leaf.grad())));
        leaves.forEach(Torch::forgetGradient);
        return results;
      }
    }
  }
}
