package smalti.dalle.family;

import org.jspecify.annotations.Nullable;
import smalti.autograd.Variable;
import smalti.nn.Module;
import smalti.nn.init.Init;
import smalti.nn.layer.KeyValueCache;
import smalti.nn.layer.LayerNorm;
import smalti.nn.layer.Linear;
import smalti.nn.layer.MultiHeadAttention;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.backend.UnaryOp;

/// Is a pre-norm residual block: attention, then a perceptron four times as wide, (B, T, C) to (B,
/// T, C). Names are CLIP's: `ln_1`, `attn`, `ln_2`, `mlp.c_fc`, `mlp.c_proj`.
final class Block extends Module {
  private final LayerNorm ln1;
  private final MultiHeadAttention attention;
  private final LayerNorm ln2;
  private final Linear fc;
  private final Linear projection;
  private final UnaryOp activation;

  Block(
      int width,
      int heads,
      int layers,
      AttentionPattern pattern,
      UnaryOp activation,
      Random random) {
    this.activation = activation;
    // GPT-2 (Radford et al. 2019, section 2.3): N(0, 0.02), branch outputs divided by √(2·layers).
    Init in = Init.normal(0.02);
    Init out = Init.normal(0.02 / Math.sqrt(2.0 * layers));
    ln1 = child("ln_1", new LayerNorm(width));
    attention =
        child("attn", new MultiHeadAttention(width, heads, pattern, in, out, random.split("attn")));
    ln2 = child("ln_2", new LayerNorm(width));
    fc = child("mlp.c_fc", new Linear(width, 4 * width, in, Init.zeros(), random.split("fc")));
    projection =
        child("mlp.c_proj", new Linear(4 * width, width, out, Init.zeros(), random.split("proj")));
  }

  Variable forward(Variable x, @Nullable KeyValueCache cache) {
    Variable y = x.add(attention.attend(ln1.forward(x), cache));
    Variable hidden = fc.forward(ln2.forward(y), activation); // (B, T, 4C)
    return y.add(projection.forward(hidden));
  }
}
