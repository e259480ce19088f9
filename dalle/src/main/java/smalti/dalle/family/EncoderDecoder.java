package smalti.dalle.family;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Variable;
import smalti.nn.Module;
import smalti.nn.layer.LayerNorm;
import smalti.nn.layer.Linear;
import smalti.nn.layer.MultiHeadAttention;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;

/// Is the transformer of Vaswani et al. 2017: an encoder reads one sequence, a decoder writes
/// another, each of its layers attending to all that the encoder made. Names are those of PyTorch's
/// `nn.Transformer`; so are the final norms, which the paper does not have.
///
/// Sequences come as vectors: embeddings, positions and scores are the caller's.
public final class EncoderDecoder extends Module {
  /// Sizes a model.
  ///
  /// @param width width of both streams
  /// @param heads attention heads of a layer
  /// @param encoderLayers layers of the encoder
  /// @param decoderLayers layers of the decoder
  /// @param hidden width of the perceptrons
  /// @param normFirst whether norms come before the branches, as later models have them, not after
  ///   the sums, as the paper has them
  public record Config(
      int width, int heads, int encoderLayers, int decoderLayers, int hidden, boolean normFirst) {

    /// Returns the paper's base model (table 3).
    public static Config base() {
      return new Config(512, 8, 6, 6, 2048, false);
    }
  }

  private final List<Layer> encoder = new ArrayList<>();
  private final List<Layer> decoder = new ArrayList<>();
  private final LayerNorm encoderNorm;
  private final LayerNorm decoderNorm;

  /// Makes an untrained model.
  public EncoderDecoder(Config c, Random random) {
    for (int i = 0; i < c.encoderLayers(); i++) {
      String name = "encoder.layers." + i;
      encoder.add(child(name, new Layer(c, false, random.split(name))));
    }
    encoderNorm = child("encoder.norm", new LayerNorm(c.width()));
    for (int i = 0; i < c.decoderLayers(); i++) {
      String name = "decoder.layers." + i;
      decoder.add(child(name, new Layer(c, true, random.split(name))));
    }
    decoderNorm = child("decoder.norm", new LayerNorm(c.width()));
  }

  /// Reads the source: (B, S, C) to (B, S, C).
  public Variable encode(Variable source) {
    Variable x = source;
    for (Layer layer : encoder) {
      x = layer.forward(x, null);
    }
    return encoderNorm.forward(x);
  }

  /// Computes the target's states, each from the target up to it and all of the memory: (B, T, C)
  /// to (B, T, C).
  ///
  /// @param memory what [#encode] returned, (B, S, C)
  public Variable decode(Variable target, Variable memory) {
    Variable x = target;
    for (Layer layer : decoder) {
      x = layer.forward(x, memory);
    }
    return decoderNorm.forward(x);
  }

  /// Is a layer of the encoder, or with cross-attention one of the decoder.
  private static final class Layer extends Module {
    private final MultiHeadAttention attention;
    private final @Nullable MultiHeadAttention cross;
    private final Linear linear1;
    private final Linear linear2;
    private final List<LayerNorm> norms = new ArrayList<>();
    private final boolean normFirst;

    Layer(Config c, boolean decoder, Random random) {
      normFirst = c.normFirst();
      AttentionPattern own = decoder ? new AttentionPattern.Causal() : new AttentionPattern.Full();
      attention =
          child(
              "self_attn",
              new MultiHeadAttention(c.width(), c.heads(), own, random.split("self_attn")));
      cross =
          decoder
              ? child(
                  "multihead_attn",
                  new MultiHeadAttention(
                      c.width(), c.heads(), new AttentionPattern.Full(), random.split("cross")))
              : null;
      linear1 = child("linear1", new Linear(c.width(), c.hidden(), true, random.split("linear1")));
      linear2 = child("linear2", new Linear(c.hidden(), c.width(), true, random.split("linear2")));
      for (int i = 1; i <= (decoder ? 3 : 2); i++) {
        norms.add(child("norm" + i, new LayerNorm(c.width())));
      }
    }

    Variable forward(Variable x, @Nullable Variable memory) {
      Variable y = residual(0, x, v -> attention.attend(v, null));
      if (cross != null && memory != null) {
        MultiHeadAttention to = cross;
        y = residual(1, y, v -> to.attendTo(v, memory));
      }
      return residual(norms.size() - 1, y, v -> linear2.forward(linear1.forward(v).relu()));
    }

    private Variable residual(int norm, Variable x, UnaryOperator<Variable> branch) {
      return normFirst
          ? x.add(branch.apply(norms.get(norm).forward(x)))
          : norms.get(norm).forward(x.add(branch.apply(x)));
    }
  }
}
