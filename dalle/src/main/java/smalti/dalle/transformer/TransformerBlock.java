package smalti.dalle.transformer;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Module;
import smalti.nn.Pass;
import smalti.nn.init.Init;
import smalti.nn.layer.Dropout;
import smalti.nn.layer.KeyValueCache;
import smalti.nn.layer.LayerNorm;
import smalti.nn.layer.Linear;
import smalti.nn.layer.MultiHeadAttention;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.backend.UnaryOp;

/// Is a pre-norm residual block: attention, then a two-layer perceptron four times as wide, each
/// added to the stream (Child et al. 2019): (B, T, C) to (B, T, C).
final class TransformerBlock extends Module {
  private final int index;
  private final AttentionPattern pattern;
  private final LayerNorm ln1;
  private final MultiHeadAttention attention;
  private final LayerNorm ln2;
  private final Linear fc;
  private final Linear projection;
  private final Dropout dropout;

  TransformerBlock(TransformerConfig c, int index, AttentionPattern pattern, Random random) {
    this.index = index;
    this.pattern = pattern;
    int width = c.width();
    // Child et al. 2019, section 4.1: N(0, gain/√fan_in), and the outputs of the branches scaled
    // down by the root of their number, so that the stream's variance does not grow with depth.
    double gain = c.style().initGain();
    Init in = Init.normal(gain / Math.sqrt(width));
    double depth = Math.sqrt(2.0 * c.layers());
    Init out = Init.normal(gain / Math.sqrt(width) / depth);
    Init outWide = Init.normal(gain / Math.sqrt(4.0 * width) / depth);
    ln1 = child("ln_1", new LayerNorm(width));
    attention =
        child(
            "attn",
            new MultiHeadAttention(
                width, c.heads(), cached(pattern), in, out, random.split("attn")));
    ln2 = child("ln_2", new LayerNorm(width));
    fc = child("mlp.c_fc", new Linear(width, 4 * width, in, Init.zeros(), random.split("c_fc")));
    projection =
        child(
            "mlp.c_proj",
            new Linear(4 * width, width, outWide, Init.zeros(), random.split("c_proj")));
    dropout = new Dropout(c.dropout());
  }

  /// Returns the pattern of a layer over positions in raster order, as a cache has them.
  static AttentionPattern cached(AttentionPattern pattern) {
    return pattern instanceof AttentionPattern.TransposedColumn(int text, int side)
        ? new AttentionPattern.Column(text, side)
        : pattern;
  }

  Variable forward(Variable x, Pass pass, @Nullable KeyValueCache cache, Precision precision) {
    Variable attended = attend(ln1.forward(precision.enter(2 * index, x)), cache, precision);
    Variable dropped = dropout.forward(attended, pass.child("attn"));
    Variable y = sum(x, precision.leave(2 * index, dropped));
    Variable projected = perceive(ln2.forward(precision.enter(2 * index + 1, y)), precision);
    Variable thinned = dropout.forward(projected, pass.child("mlp"));
    return sum(y, precision.leave(2 * index + 1, thinned));
  }

  /// Adds what a branch has computed, which nobody else reads.
  private static Variable sum(Variable stream, Variable branch) {
    return Autograd.instead(branch, stream.add(branch));
  }

  private Variable perceive(Variable x, Precision precision) {
    if (precision.equals(Precision.FP32)) {
      return projection.forward(fc.forward(x, UnaryOp.QUICK_GELU)); // (B, T, 4C) between
    }
    UnaryOperator<Variable> numbers = v -> precision.inside(2 * index + 1, v);
    Variable wide = fc.forward(numbers.apply(x), numbers); // (B, T, 4C)
    return projection.forward(numbers.apply(wide.quickGelu()), numbers); // (B, T, C)
  }

  private Variable attend(Variable x, @Nullable KeyValueCache cache, Precision precision) {
    UnaryOperator<Variable> numbers = v -> precision.inside(2 * index, v);
    Variable normed = numbers.apply(x);
    if (cache == null && pattern instanceof AttentionPattern.TransposedColumn(int text, int side)) {
      Variable turned = transposed(normed, text, side);
      return transposed(attention.attend(turned, null, pattern, numbers), text, side);
    }
    return attention.attend(normed, cache, cached(pattern), numbers);
  }

  /// Exchanges raster order and column-first order of the image positions of (B, T, C).
  private static Variable transposed(Variable x, int text, int side) {
    int batch = x.dim(0);
    int width = x.dim(2);
    Variable grid =
        x.slice(1, text, x.dim(1))
            .reshape(batch, side, side, width)
            .transpose(1, 2)
            .reshape(batch, side * side, width);
    return Variable.cat(List.of(x.slice(1, 0, text), grid), 1); // (B, T, C)
  }
}
