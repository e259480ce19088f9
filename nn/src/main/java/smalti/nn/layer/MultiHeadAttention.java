package smalti.nn.layer;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Variable;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.init.Init;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;

/// Attends with several heads from each position to those that a pattern allows (Vaswani et al.
/// 2017): (B, T, C) to (B, T, C).
///
/// Parameters, as in PyTorch: `in_proj_weight` (3C, C), `in_proj_bias` (3C), `out_proj.weight` (C,
/// C), `out_proj.bias` (C).
public final class MultiHeadAttention extends Layer {
  private final Parameter inWeight;
  private final Parameter inBias;
  private final Linear outProjection;
  private final int width;
  private final int heads;
  private final AttentionPattern pattern;

  /// Makes a layer with PyTorch's default initialisation.
  public MultiHeadAttention(int width, int heads, AttentionPattern pattern, Random random) {
    this(width, heads, pattern, Init.xavierUniform(), Init.kaimingUniform(), random);
  }

  /// Makes a layer; biases begin at zero.
  ///
  /// @throws ShapeException if the heads do not divide the width
  public MultiHeadAttention(
      int width, int heads, AttentionPattern pattern, Init in, Init out, Random random) {
    if (heads < 1 || width % heads != 0) {
      throw ShapeException.of(
          "MultiHeadAttention: %d heads do not divide the width %d", heads, width);
    }
    this.inWeight =
        param("in_proj_weight", in.draw(Shape.of(3 * width, width), random.split("in")));
    this.inBias = param("in_proj_bias", Init.zeros().draw(Shape.of(3 * width), random));
    this.outProjection =
        child("out_proj", new Linear(width, width, out, Init.zeros(), random.split("out")));
    this.width = width;
    this.heads = heads;
    this.pattern = pattern;
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    return attend(x, null);
  }

  /// Computes the layer for the positions that follow those in a cache, and adds them to it.
  ///
  /// @param cache of this layer's pattern; null where `x` is the whole sequence
  public Variable attend(Variable x, @Nullable KeyValueCache cache) {
    return attend(x, cache, pattern, UnaryOperator.identity());
  }

  /// Computes the layer under another pattern and in other numbers.
  ///
  /// @param cache of this layer's pattern; null where `x` is the whole sequence
  /// @param which which positions see which, where there is no cache
  /// @param numbers is given every matrix and every result, to round them, say
  public Variable attend(
      Variable x,
      @Nullable KeyValueCache cache,
      AttentionPattern which,
      UnaryOperator<Variable> numbers) {
    Variable qkv = numbers.apply(x.linear(numbers.apply(inWeight), inBias)); // (B, T, 3C)
    double scale = 1 / Math.sqrt((double) width / heads);
    Variable merged =
        cache == null
            ? qkv.selfAttention(heads, which, scale) // (B, T, C)
            : Variable.of(cache.attend(qkv.value(), scale));
    return outProjection.forward(numbers.apply(merged), numbers);
  }

  /// Attends from one sequence to another, as the decoder of Vaswani et al. 2017 does to what its
  /// encoder made (section 3.2.3): queries come from `x`, keys and values from `memory`.
  ///
  /// @param x (B, T, C)
  /// @param memory (B, S, C)
  /// @return (B, T, C)
  public Variable attendTo(Variable x, Variable memory) {
    Variable q = heads(x.linear(inWeight.slice(0, 0, width), inBias.slice(0, 0, width)));
    Variable kv =
        memory.linear(
            inWeight.slice(0, width, 3 * width), inBias.slice(0, width, 3 * width)); // (B, S, 2C)
    Variable k = heads(kv.slice(-1, 0, width)); // (B, H, S, D)
    Variable v = heads(kv.slice(-1, width, 2 * width)); // (B, H, S, D)
    double scale = 1 / Math.sqrt((double) width / heads);
    Variable y = q.attention(k, v, new AttentionPattern.Full(), scale); // (B, H, T, D)
    return outProjection.forward(y.transpose(1, 2).reshape(x.shape()));
  }

  private Variable heads(Variable x) {
    return x.reshape(x.dim(0), x.dim(1), heads, width / heads).transpose(1, 2);
  }
}
