package smalti.tests.golden;

import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Variable;
import smalti.nn.Losses;
import smalti.nn.Module;
import smalti.nn.layer.Conv2d;
import smalti.nn.layer.Embedding;
import smalti.nn.layer.Layer;
import smalti.nn.layer.LayerNorm;
import smalti.nn.layer.Linear;
import smalti.nn.layer.MultiHeadAttention;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Says how each case of `layers.safetensors` is computed: by ops on variables, which works in F32
/// and F64, and where there is one by the module of `nn`, which has F32 parameters.
enum LayerCase {
  LINEAR(v -> v.x().linear(v.of("weight"), v.of("bias")), () -> new Linear(5, 4, true, any())),
  LINEAR_WITHOUT_BIAS(
      v -> v.x().linear(v.of("weight"), null), () -> new Linear(5, 4, false, any())),
  CONV_1X1(v -> conv(v, 1, 0), () -> new Conv2d(3, 4, 1, 1, 0, true, any())),
  CONV_3X3(v -> conv(v, 1, 1), () -> new Conv2d(3, 4, 3, 1, 1, true, any())),
  CONV_7X7(v -> conv(v, 1, 3), () -> new Conv2d(3, 2, 7, 1, 3, true, any())),
  CONV_STRIDE_2(v -> conv(v, 2, 1), () -> new Conv2d(2, 3, 3, 2, 1, true, any())),
  CONV_VALID_WITHOUT_BIAS(
      v -> v.x().conv2d(v.of("weight"), null, 1, 0), () -> new Conv2d(2, 3, 3, 1, 0, false, any())),
  EMBEDDING(v -> v.of("weight").embedding(v.ints("ids")), () -> new Embedding(7, 4, any())),
  LAYER_NORM(v -> v.x().layerNorm(v.of("weight"), v.of("bias"), 1e-5), () -> new LayerNorm(6)),
  RELU(v -> v.x().relu()),
  SIGMOID(v -> v.x().sigmoid()),
  TANH(v -> v.x().tanh()),
  SOFTPLUS(v -> v.x().softplus()),
  SILU(v -> v.x().silu()),
  ERF(v -> v.x().erf()),
  GELU(v -> v.x().gelu()),
  GELU_TANH(v -> v.x().geluTanh()),
  QUICK_GELU(v -> v.x().quickGelu()),
  SOFTMAX(v -> v.x().softmax(-1)),
  SOFTMAX_AXIS_1(v -> v.x().softmax(1)),
  LOG_SOFTMAX(v -> v.x().logSoftmax(-1)),
  CROSS_ENTROPY(v -> Losses.crossEntropy(v.x(), v.ints("targets"))),
  CROSS_ENTROPY_IGNORING(v -> v.x().crossEntropy(v.ints("targets"))),
  MAX_POOL(v -> v.x().maxPool2d(2)),
  AVG_POOL(v -> v.x().avgPool2d(2)),
  UPSAMPLE(v -> v.x().upsampleNearest2d(2)),
  ATTENTION_CAUSAL(new AttentionPattern.Causal()),
  ATTENTION_ROW(new AttentionPattern.Row(3, 3)),
  ATTENTION_COLUMN(new AttentionPattern.Column(3, 3)),
  ATTENTION_CONV(new AttentionPattern.Conv(3, 3, 3));

  /// Gives a case its arguments.
  record Arguments(Map<String, Variable> leaves, Golden golden) {
    Variable of(String name) {
      return Objects.requireNonNull(leaves.get(name), name);
    }

    Variable x() {
      return of("x");
    }

    Tensor ints(String name) {
      return golden.get("in/" + name);
    }
  }

  private final Function<Arguments, Variable> ops;
  private final @Nullable Supplier<Module> module;

  LayerCase(Function<Arguments, Variable> ops) {
    this(ops, null);
  }

  LayerCase(AttentionPattern pattern) {
    this(v -> attention(v, pattern), () -> new MultiHeadAttention(12, 3, pattern, any()));
  }

  LayerCase(Function<Arguments, Variable> ops, @Nullable Supplier<Module> module) {
    this.ops = ops;
    this.module = module;
  }

  /// Computes the case by ops.
  Variable byOps(Arguments v) {
    return ops.apply(v);
  }

  /// Returns the module that computes the case, or null where there is none.
  @Nullable Module module() {
    return module == null ? null : module.get();
  }

  /// Computes the case by its module.
  static Variable byModule(Module module, Arguments v) {
    return switch (module) {
      case Layer layer -> layer.forward(v.x());
      case Embedding embedding -> embedding.forward(v.ints("ids"));
      default -> throw new IllegalArgumentException(module.toString());
    };
  }

  private static Random any() {
    return Random.of(0); // its numbers are overwritten
  }

  private static Variable conv(Arguments v, int stride, int padding) {
    return v.x().conv2d(v.of("weight"), v.of("bias"), stride, padding);
  }

  private static Variable attention(Arguments v, AttentionPattern pattern) {
    Variable x = v.x(); // (B, T, 12)
    Variable qkv = x.linear(v.of("in_proj_weight"), v.of("in_proj_bias")); // (B, T, 36)
    Variable y =
        heads(qkv, 0).attention(heads(qkv, 1), heads(qkv, 2), pattern, 0.5); // (B, 3, T, 4)
    Variable merged = y.transpose(1, 2).reshape(x.shape());
    return merged.linear(v.of("out_proj.weight"), v.of("out_proj.bias"));
  }

  private static Variable heads(Variable qkv, int part) {
    return qkv.slice(-1, 12 * part, 12 * part + 12)
        .reshape(qkv.dim(0), qkv.dim(1), 3, 4)
        .transpose(1, 2); // (B, 3, T, 4)
  }
}
