package smalti.dalle.family;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Losses;
import smalti.nn.Module;
import smalti.nn.Parameter;
import smalti.nn.init.Init;
import smalti.nn.layer.Embedding;
import smalti.nn.layer.KeyValueCache;
import smalti.nn.layer.LayerNorm;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.UnaryOp;

/// Predicts each token of a sequence from those before it: GPT-2 (Radford et al. 2019) on text, and
/// image GPT (Chen et al. 2020) on the colours of pixels in raster order.
///
/// Of GPT-2, slot `k` receives token `k` and predicts token `k + 1`. Image GPT knows the first
/// token's chances, too: its slot 0 receives a start symbol, slot `k` token `k − 1`, and slot `k`
/// predicts token `k`.
public final class CausalModel extends Module {
  /// Sizes a model.
  ///
  /// @param vocabulary number of tokens
  /// @param length most slots
  /// @param width width of the residual stream
  /// @param layers number of blocks
  /// @param heads attention heads of a block
  /// @param image whether it is image GPT: a start symbol, an output matrix of its own,
  ///   `x·σ(1.702x)` for GPT-2's tanh form of GELU
  public record Config(
      int vocabulary, int length, int width, int layers, int heads, boolean image) {

    /// Returns the smallest published GPT-2: 124 million parameters.
    public static Config gpt2() {
      return new Config(50_257, 1024, 768, 12, 12, false);
    }

    /// Returns image GPT-S: 32×32 pixels of 512 colours.
    public static Config imageGptSmall() {
      return new Config(512, 1024, 512, 24, 8, true);
    }
  }

  private final Config config;
  private final Embedding tokens;
  private final Embedding positions;
  private final @Nullable Parameter start;
  private final @Nullable Parameter output;
  private final List<Block> blocks = new ArrayList<>();
  private final LayerNorm lnFinal;

  /// Makes an untrained model.
  public CausalModel(Config c, Random random) {
    this.config = c;
    tokens =
        child(
            "wte",
            new Embedding(c.vocabulary(), c.width(), Init.normal(0.02), random.split("wte")));
    positions =
        child("wpe", new Embedding(c.length(), c.width(), Init.normal(0.01), random.split("wpe")));
    Shape one = Shape.of(1, c.width());
    start = c.image() ? param("sos", Init.normal(0.02).draw(one, random.split("sos"))) : null;
    for (int i = 0; i < c.layers(); i++) {
      UnaryOp activation = c.image() ? UnaryOp.QUICK_GELU : UnaryOp.GELU_TANH;
      blocks.add(
          child(
              "h." + i,
              new Block(
                  c.width(),
                  c.heads(),
                  c.layers(),
                  new AttentionPattern.Causal(),
                  activation,
                  random.split("h").split(i))));
    }
    lnFinal = child("ln_f", new LayerNorm(c.width()));
    Shape table = Shape.of(c.vocabulary(), c.width());
    output = c.image() ? param("head.weight", Init.zeros().draw(table, random)) : null;
  }

  /// Returns the sizes.
  public Config config() {
    return config;
  }

  /// Computes the scores of every slot: I32 (B, T) to (B, T, V).
  public Variable forward(Tensor ids) {
    Variable x = start == null ? tokens.forward(ids) : shifted(ids, start);
    return scores(x, 0, null);
  }

  private Variable shifted(Tensor ids, Parameter first) {
    int batch = ids.dim(0);
    Variable one = first.reshape(1, 1, config.width()).expand(Shape.of(batch, 1, config.width()));
    Tensor before = ids.slice(1, 0, ids.dim(1) - 1).contiguous(); // (B, T−1)
    return ids.dim(1) == 1 ? one : Variable.cat(List.of(one, tokens.forward(before)), 1);
  }

  private Variable scores(Variable x, int from, @Nullable List<KeyValueCache> caches) {
    Variable places = positions.weight().slice(0, from, from + x.dim(1)); // (T, C)
    Variable y = x.add(places);
    for (int i = 0; i < blocks.size(); i++) {
      y = blocks.get(i).forward(y, caches == null ? null : caches.get(i));
    }
    return lnFinal.forward(y).linear(output == null ? tokens.weight() : output, null);
  }

  /// Computes the mean cross-entropy of all predicted tokens, in nats.
  ///
  /// @param ids I32 (B, T)
  public Variable loss(Tensor ids) {
    Variable scores = forward(ids);
    int length = ids.dim(1);
    return start == null
        ? Losses.crossEntropy(scores.slice(1, 0, length - 1), ids.slice(1, 1, length).contiguous())
        : Losses.crossEntropy(scores, ids);
  }

  /// Is the state of sampling.
  public final class Decoding {
    private final List<KeyValueCache> caches = new ArrayList<>();
    private int slot;

    private Decoding() {
      for (int i = 0; i < config.layers(); i++) {
        caches.add(
            new KeyValueCache(
                new AttentionPattern.Causal(),
                1,
                config.heads(),
                0,
                config.length(),
                config.width() / config.heads()));
      }
    }

    /// Returns the number of slots done.
    public int slot() {
      return slot;
    }

    /// Gives the model its next token and returns the scores (V) of what follows it.
    public float[] next(int token) {
      return step(tokens.forward(Tensor.of(new int[] {token}, 1, 1)));
    }

    /// Gives an image model its start symbol and returns the scores (V) of the first token.
    ///
    /// @throws IllegalStateException if it is a text model
    public float[] begin() {
      if (start == null) {
        throw new IllegalStateException("CausalModel: a text model has no start symbol");
      }
      return step(start.reshape(1, 1, config.width()));
    }

    private float[] step(Variable x) {
      return Autograd.noGrad(() -> scores(x, slot++, caches)).value().toFloats();
    }
  }

  /// Begins to sample.
  public Decoding decoding() {
    return new Decoding();
  }

  // ---- published names ----

  /// Returns the parameters under the names and in the shapes of GPT-2's published weights, whose
  /// matrices are (in, out): `h.0.attn.c_attn.weight` (C, 3C) and so on.
  public Map<String, Tensor> publishedState() {
    Map<String, Tensor> out = new LinkedHashMap<>();
    state().forEach((name, t) -> out.put(published(name), turned(name, t)));
    return out;
  }

  /// Loads parameters that have the names and shapes of GPT-2's published weights.
  ///
  /// @throws IllegalArgumentException if one is missing, unknown or of another shape
  public void loadPublished(Map<String, Tensor> weights) {
    Map<String, Tensor> own = new LinkedHashMap<>();
    for (String name : state().keySet()) {
      Tensor t = weights.get(published(name));
      if (t == null) {
        throw new IllegalArgumentException("GPT-2 weights: " + published(name) + " is missing");
      }
      own.put(name, turned(name, t));
    }
    if (weights.size() != own.size()) {
      List<String> unknown = new ArrayList<>(weights.keySet());
      own.keySet().forEach(name -> unknown.remove(published(name)));
      throw new IllegalArgumentException("GPT-2 weights: the model has no " + unknown.getFirst());
    }
    load(own);
  }

  private static String published(String name) {
    return name.replace("attn.in_proj_", "attn.c_attn.").replace("attn.out_proj.", "attn.c_proj.");
  }

  private static Tensor turned(String name, Tensor t) {
    boolean matrix = name.startsWith("h.") && t.rank() == 2;
    return matrix ? t.transpose(0, 1).contiguous() : t;
  }
}
