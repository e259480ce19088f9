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

/// Computes scaled dot-product attention, `softmax(scale·q·kᵀ + mask)·v`, per head (Vaswani et al.
/// 2017, section 3.2.1): inputs q (B, H, T, D), k and v (B, H, S, D); result (B, H, T, D).
///
/// Instead of the probabilities (B, H, T, S) only the logarithm of their denominators (B, H, T) is
/// kept. Result and gradients lie in memory as (B, T, H, D), so that merging heads copies nothing.
///
/// @param pattern which keys a query sees; all patterns but the full one need as many keys as
///   queries
/// @param scale factor of the products, usually `1/√D`
public record Attention(AttentionPattern pattern, double scale) implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    check(inputs);
    Tensor q = unitStride(inputs[0]);
    Tensor k = unitStride(inputs[1]);
    Tensor v = unitStride(inputs[2]);
    Tensor out = headsInside(q);
    Tensor lse = Outputs.of(q.shape().without(-1), q.dtype()); // (B, H, T)
    Backends.current().attention(q, k, v, pattern, scale, 0, out, lse);
    context.save(q, k, v, out, lse);
    return out;
  }

  private void check(Tensor... inputs) {
    Require.floating("attention", inputs);
    String[] names = {"q", "k", "v"};
    String[] axes = {"(B, H, T, D)", "(B, H, S, D)", "(B, H, S, D)"};
    for (int i = 0; i < 3; i++) {
      Require.rank("attention", names[i], inputs[i], 4, axes[i]);
    }
    Tensor q = inputs[0];
    for (int i = 1; i < 3; i++) {
      Require.sameSize("attention", "batches", "q", q, 0, names[i], inputs[i], 0);
      Require.sameSize("attention", "heads", "q", q, 1, names[i], inputs[i], 1);
      Require.sameSize("attention", "head widths", "q", q, 3, names[i], inputs[i], 3);
    }
    Tensor k = inputs[1];
    Require.sameSize("attention", "numbers of keys and values", "k", k, 2, "v", inputs[2], 2);
    if (!(pattern instanceof AttentionPattern.Full) && q.dim(2) != k.dim(2)) {
      throw ShapeException.of(
          "attention: pattern %s needs as many keys as queries; q %s, k %s (%d ≠ %d)",
          pattern, q.shape(), k.shape(), q.dim(2), k.dim(2));
    }
    if (k.dim(2) == 0 && q.dim(2) > 0) {
      throw ShapeException.of("attention: needs at least one key; k %s", k.shape());
    }
  }

  private static Tensor unitStride(Tensor x) {
    return x.layout().stride(-1) == 1 ? x : x.copy();
  }

  /// Returns room of the shape of `x` (B, H, T, D) that lie in memory as (B, T, H, D).
  private static Tensor headsInside(Tensor x) {
    Shape inMemory = Shape.of(x.dim(0), x.dim(2), x.dim(1), x.dim(3));
    return Outputs.of(inMemory, x.dtype()).permute(0, 2, 1, 3);
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor q = context.saved(0);
    Tensor k = context.saved(1);
    Tensor v = context.saved(2);
    Tensor dq = headsInside(q);
    Tensor dk = headsInside(k);
    Tensor dv = headsInside(v);
    Backends.current()
        .attentionGrad(
            q,
            k,
            v,
            context.saved(3),
            context.saved(4),
            unitStride(dOut),
            pattern,
            scale,
            dq,
            dk,
            dv);
    return new Tensor[] {dq, dk, dv};
  }

  /// Draws every pattern, and the full one with more keys than queries.
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
            new AttentionPattern.Conv(text, width, random.nextBoolean(0.5) ? 1 : 3),
            new AttentionPattern.TransposedColumn(text, width),
            new AttentionPattern.Neighbourhood(text, width, 3))) {
      samples.add(sample(random, pattern, length, length));
    }
    samples.add(sample(random, new AttentionPattern.Full(), length, Draw.size(random)));
    return samples;
  }

  private static Sample sample(Random random, AttentionPattern pattern, int queries, int keys) {
    int batch = Draw.between(random, 1, 2);
    int heads = Draw.between(random, 1, 2);
    int width = Draw.size(random);
    return Sample.of(
        new Attention(pattern, 0.5 + random.nextDouble()),
        Draw.normal(random, batch, heads, queries, width),
        Draw.normal(random, batch, heads, keys, width),
        Draw.normal(random, batch, heads, keys, width));
  }
}
