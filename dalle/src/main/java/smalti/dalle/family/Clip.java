package smalti.dalle.family;

import java.util.ArrayList;
import java.util.List;
import smalti.autograd.Variable;
import smalti.nn.Module;
import smalti.nn.Parameter;
import smalti.nn.init.Init;
import smalti.nn.layer.Conv2d;
import smalti.nn.layer.Embedding;
import smalti.nn.layer.LayerNorm;
import smalti.tensor.AttentionPattern;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.UnaryOp;

/// Scores how well pictures fit texts (Radford et al. 2021, CLIP) with a vision transformer and a
/// causal text transformer. Names and shapes of parameters are those of the published models.
public final class Clip extends Module {
  /// Sizes a model.
  ///
  /// @param width of the space in which texts and pictures are compared
  /// @param imageSize side of the pictures in pixels
  /// @param patch side of a patch in pixels
  /// @param vision sizes of the picture's stack
  /// @param text sizes of the text's stack
  /// @param vocabulary number of text tokens; the largest id ends a text
  /// @param context text positions
  public record Config(
      int width, int imageSize, int patch, Stack vision, Stack text, int vocabulary, int context) {

    /// Returns ViT-B/32, the published model with the fewest operations.
    public static Config vitB32() {
      return new Config(512, 224, 32, new Stack(768, 12, 12), new Stack(512, 12, 8), 49_408, 77);
    }

    /// Returns the number of patches.
    public int patches() {
      return (imageSize / patch) * (imageSize / patch);
    }
  }

  /// Sizes a stack of blocks.
  ///
  /// @param width of its stream
  /// @param layers number of blocks
  /// @param heads attention heads of a block
  public record Stack(int width, int layers, int heads) {}

  private final Config config;
  private final Conv2d patches;
  private final Parameter classEmbedding;
  private final Parameter imagePositions;
  private final LayerNorm lnPre;
  private final List<Block> vision = new ArrayList<>();
  private final LayerNorm lnPost;
  private final Parameter imageProjection;
  private final Embedding tokens;
  private final Parameter textPositions;
  private final List<Block> text = new ArrayList<>();
  private final LayerNorm lnFinal;
  private final Parameter textProjection;
  private final Parameter logitScale;

  /// Makes an untrained model.
  public Clip(Config c, Random random) {
    this.config = c;
    int seen = c.vision().width();
    int read = c.text().width();
    Init wide = Init.normal(1 / Math.sqrt(seen));
    patches =
        child(
            "visual.conv1",
            new Conv2d(3, seen, c.patch(), c.patch(), 0, false, random.split("conv1")));
    classEmbedding =
        param("visual.class_embedding", wide.draw(Shape.of(seen), random.split("class")));
    imagePositions =
        param(
            "visual.positional_embedding",
            wide.draw(Shape.of(c.patches() + 1, seen), random.split("image_positions")));
    lnPre = child("visual.ln_pre", new LayerNorm(seen));
    stack(vision, "visual.transformer.resblocks.", c.vision(), new AttentionPattern.Full(), random);
    lnPost = child("visual.ln_post", new LayerNorm(seen));
    imageProjection =
        param("visual.proj", wide.draw(Shape.of(seen, c.width()), random.split("visual_proj")));
    tokens =
        child(
            "token_embedding",
            new Embedding(c.vocabulary(), read, Init.normal(0.02), random.split("tokens")));
    textPositions =
        param(
            "positional_embedding",
            Init.normal(0.01).draw(Shape.of(c.context(), read), random.split("text_positions")));
    stack(text, "transformer.resblocks.", c.text(), new AttentionPattern.Causal(), random);
    lnFinal = child("ln_final", new LayerNorm(read));
    Init narrow = Init.normal(1 / Math.sqrt(read));
    textProjection =
        param("text_projection", narrow.draw(Shape.of(read, c.width()), random.split("text_proj")));
    logitScale = param("logit_scale", Tensor.full(Shape.SCALAR, Math.log(1 / 0.07), DType.F32));
  }

  private void stack(
      List<Block> blocks, String prefix, Stack s, AttentionPattern pattern, Random random) {
    for (int i = 0; i < s.layers(); i++) {
      String name = prefix + i;
      blocks.add(
          child(
              name,
              new Block(
                  s.width(),
                  s.heads(),
                  s.layers(),
                  pattern,
                  UnaryOp.QUICK_GELU,
                  random.split(name))));
    }
  }

  /// Returns the sizes.
  public Config config() {
    return config;
  }

  /// Describes pictures: (B, 3, H, W), normalised as CLIP wants it, to (B, E) of length 1.
  public Variable describePictures(Variable pixels) {
    int batch = pixels.dim(0);
    int width = config.vision().width();
    Variable grid =
        patches
            .forward(pixels)
            .reshape(batch, width, config.patches())
            .transpose(1, 2); // (B, P, C)
    Variable first =
        classEmbedding.reshape(1, 1, width).expand(Shape.of(batch, 1, width)); // (B, 1, C)
    Variable x = Variable.cat(List.of(first, grid), 1).add(imagePositions); // (B, P+1, C)
    x = lnPre.forward(x);
    for (Block block : vision) {
      x = block.forward(x, null);
    }
    return unit(lnPost.forward(x.select(1, 0)).matmul(imageProjection)); // (B, E)
  }

  /// Describes texts: I32 (B, T), each ended by the largest id of its row, to (B, E) of length 1.
  public Variable describeTexts(Tensor ids) {
    Variable x = tokens.forward(ids).add(textPositions.slice(0, 0, ids.dim(1))); // (B, T, C)
    for (Block block : text) {
      x = block.forward(x, null);
    }
    Variable y = lnFinal.forward(x);
    int[] ends = ids.argmax().toInts();
    List<Variable> rows = new ArrayList<>();
    for (int i = 0; i < ends.length; i++) {
      rows.add(y.select(0, i).slice(0, ends[i], ends[i] + 1)); // (1, C)
    }
    return unit(Variable.cat(rows, 0).matmul(textProjection)); // (B, E)
  }

  private static Variable unit(Variable x) {
    return x.div(x.square().sumKeep(-1).sqrt());
  }

  /// Scores each picture against each text: (pictures, texts).
  public Variable scores(Variable pictures, Variable texts) {
    return pictures.matmul(texts.transpose(0, 1)).mul(logitScale.exp());
  }
}
