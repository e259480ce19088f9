package smalti.dalle.transformer;

import org.jspecify.annotations.Nullable;
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

/// Is a pre-norm residual block: attention, then a two-layer perceptron four times as wide, each
/// added to the stream (Child et al. 2019): (B, T, C) to (B, T, C).
final class TransformerBlock extends Module {
  private final LayerNorm ln1;
  private final MultiHeadAttention attention;
  private final LayerNorm ln2;
  private final Linear fc;
  private final Linear projection;
  private final Dropout dropout;

  TransformerBlock(TransformerConfig c, AttentionPattern pattern, Random random) {
    int width = c.width();
    // Child et al. 2019, section 4.1: N(0, 0.125/√fan_in), and the outputs of the branches scaled
    // down by the root of their number, so that the stream's variance does not grow with depth.
    Init in = Init.normal(Inits.GAIN / Math.sqrt(width));
    double depth = Math.sqrt(2.0 * c.layers());
    Init out = Init.normal(Inits.GAIN / Math.sqrt(width) / depth);
    Init outWide = Init.normal(Inits.GAIN / Math.sqrt(4.0 * width) / depth);
    ln1 = child("ln_1", new LayerNorm(width));
    attention =
        child(
            "attn",
            new MultiHeadAttention(width, c.heads(), pattern, in, out, random.split("attn")));
    ln2 = child("ln_2", new LayerNorm(width));
    fc = child("mlp.c_fc", new Linear(width, 4 * width, in, Init.zeros(), random.split("c_fc")));
    projection =
        child(
            "mlp.c_proj",
            new Linear(4 * width, width, outWide, Init.zeros(), random.split("c_proj")));
    dropout = new Dropout(c.dropout());
  }

  Variable forward(Variable x, Pass pass, @Nullable KeyValueCache cache) {
    Variable attended = attention.attend(ln1.forward(x), cache);
    Variable y = x.add(dropout.forward(attended, pass.child("attn")));
    Variable hidden = fc.forward(ln2.forward(y)).quickGelu(); // (B, T, 4C)
    return y.add(dropout.forward(projection.forward(hidden), pass.child("mlp")));
  }
}
