package smalti.autograd.op;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Computes [Attention] of a sequence to itself, from one projection to queries, keys and values
/// side by side: input (B, T, 3C), result (B, T, C), with `C = H·D`.
///
/// It is what slicing, splitting into heads, attention and merging compute, but the gradients of
/// queries, keys and values are written side by side as well, where three slices would each make a
/// gradient as large as the whole projection.
///
/// @param heads the number of heads `H`
/// @param pattern which keys a query sees
/// @param scale factor of the products, usually `1/√D`
public record SelfAttention(int heads, AttentionPattern pattern, double scale) implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Require.floating("selfAttention", inputs);
    Require.rank("selfAttention", "qkv", inputs[0], 3, "(B, T, 3C)");
    if (heads < 1 || inputs[0].dim(2) % (3 * heads) != 0) {
      throw ShapeException.of(
          "selfAttention: qkv must be (B, T, 3·heads·D); qkv %s, %d heads",
          inputs[0].shape(), heads);
    }
    Tensor qkv = inputs[0].contiguous();
    Tensor out = Outputs.of(qkv.shape().with(2, qkv.dim(2) / 3), qkv.dtype()); // (B, T, C)
    Shape rows = Shape.of(qkv.dim(0), heads, qkv.dim(1));
    Tensor lse = Outputs.of(rows, qkv.dtype()); // (B, H, T)
    Backends.current()
        .attention(
            part(qkv, 0, 3),
            part(qkv, 1, 3),
            part(qkv, 2, 3),
            pattern,
            scale,
            0,
            part(out, 0, 1),
            lse);
    context.save(qkv, out, lse);
    return out;
  }

  /// Returns one of `parts` equal parts of the last axis, as (B, H, T, D).
  private Tensor part(Tensor x, int index, int parts) {
    int width = x.dim(2) / (parts * heads);
    return x.reshape(x.dim(0), x.dim(1), parts * heads, width)
        .slice(2, index * heads, (index + 1) * heads)
        .transpose(1, 2);
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor qkv = context.saved(0);
    Tensor dx = Outputs.like(qkv);
    Backends.current()
        .attentionGrad(
            part(qkv, 0, 3),
            part(qkv, 1, 3),
            part(qkv, 2, 3),
            part(context.saved(1), 0, 1),
            context.saved(2),
            part(dOut.contiguous(), 0, 1),
            pattern,
            scale,
            part(dx, 0, 3),
            part(dx, 1, 3),
            part(dx, 2, 3));
    return new Tensor[] {dx};
  }

  /// Draws every pattern.
  public static List<Sample> samples(Random random) {
    int text = random.nextInt(4);
    int width = Draw.between(random, 1, 3);
    int length = text + width * Draw.between(random, 1, 3);
    List<Sample> samples = new ArrayList<>();
    for (AttentionPattern pattern :
        List.of(
            new AttentionPattern.Full(),
            new AttentionPattern.Causal(),
            new AttentionPattern.Row(text, width),
            new AttentionPattern.Column(text, width),
            new AttentionPattern.Conv(text, width, random.nextBoolean(0.5) ? 1 : 3))) {
      int batch = Draw.between(random, 1, 2);
      int heads = Draw.between(random, 1, 2);
      samples.add(
          Sample.of(
              new SelfAttention(heads, pattern, 0.5 + random.nextDouble()),
              Draw.normal(random, batch, length, 3 * heads * Draw.size(random))));
    }
    return samples;
  }
}
