package smalti.dalle.transformer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Losses;
import smalti.nn.Module;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.init.Init;
import smalti.nn.layer.Embedding;
import smalti.nn.layer.KeyValueCache;
import smalti.nn.layer.LayerNorm;
import smalti.tensor.AttentionPattern;
import smalti.tensor.DType;
import smalti.tensor.FrozenWeights;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.BinaryOp;

/// Models text and image tokens as one stream (Ramesh et al. 2021, section 2.2). The layout of the
/// stream is written at [TransformerConfig].
///
/// Text and image have output matrices of their own, so that a text token at an image position, or
/// the reverse, is impossible by construction.
public final class SparseTransformer extends Module {
  private final TransformerConfig config;
  private final Embedding text;
  private final Embedding textPosition;
  private final Parameter startOfText;
  private final Embedding image;
  private final Embedding row;
  private final Embedding column;
  private final Parameter startOfImage;
  private final List<TransformerBlock> blocks = new ArrayList<>();
  private final LayerNorm lnFinal;
  private final OutputMatrix textLogits;
  private final OutputMatrix imageLogits;

  /// Makes an untrained model.
  public SparseTransformer(TransformerConfig c, Random random) {
    this.config = c;
    int width = c.width();
    Init token = Init.normal(c.style().initGain() / Math.sqrt(width));
    Init place = Init.normal(c.style().initGain() / Math.sqrt(2.0 * width));
    text = child("text", new Embedding(c.textClasses(), width, token, random.split("text")));
    textPosition =
        child("text_position", new Embedding(c.textLength(), width, place, random.split("tpos")));
    startOfText = param("start_of_text", token.draw(Shape.of(1, width), random.split("sot")));
    image = child("image", new Embedding(c.imageVocabulary(), width, token, random.split("image")));
    row = child("row", new Embedding(c.gridSize(), width, place, random.split("row")));
    column = child("column", new Embedding(c.gridSize(), width, place, random.split("column")));
    startOfImage = param("start_of_image", token.draw(Shape.of(1, width), random.split("soi")));
    List<AttentionPattern> plan = LayerPlan.of(c);
    for (int i = 0; i < c.layers(); i++) {
      String name = "resblocks." + i;
      blocks.add(child(name, new TransformerBlock(c, i, plan.get(i), random.split(name))));
    }
    lnFinal = child("ln_final", new LayerNorm(width));
    textLogits = child("text_logits", new OutputMatrix(text, c.style().tiedOutput()));
    imageLogits = child("image_logits", new OutputMatrix(image, c.style().tiedOutput()));
  }

  /// Returns the sizes.
  public TransformerConfig config() {
    return config;
  }

  /// Holds the scores of a stream's slots.
  ///
  /// @param text (B, T, V): slot `k` scores text token `k`
  /// @param image (B, I, K): slot `k` scores image token `k`
  public record Logits(Variable text, Variable image) {}

  /// Computes the scores of whole streams.
  ///
  /// @param textTokens I32 (B, T), padded
  /// @param imageTokens I32 (B, I)
  public Logits forward(Tensor textTokens, Tensor imageTokens, Pass pass) {
    return forward(textTokens, imageTokens, pass, Execution.plain());
  }

  /// Computes the scores of whole streams in a certain way.
  ///
  /// @param textTokens I32 (B, T), padded
  /// @param imageTokens I32 (B, I)
  public Logits forward(Tensor textTokens, Tensor imageTokens, Pass pass, Execution execution) {
    Variable x =
        Variable.cat(
            List.of(embedText(textTokens), embedImage(imageTokens, pass, execution.hiding())),
            1); // (B, T+I, C)
    Variable y = run(x, pass, null, execution);
    int split = config.textLength();
    return new Logits(
        textLogits.forward(y.slice(1, 0, split)),
        imageLogits.forward(y.slice(1, split, config.length())));
  }

  /// Holds the parts of the training loss.
  ///
  /// @param loss what is minimised: `text/8 + 7·image/8`
  /// @param parts the two means, not yet read
  public record Loss(Variable loss, List<Tensor> parts) {
    /// Returns the mean cross-entropy of text tokens, in nats; [Style#padsInLoss] says whether pads
    /// are among them.
    public double text() {
      return parts.getFirst().item();
    }

    /// Returns the mean cross-entropy of image tokens, in nats.
    public double image() {
      return parts.getLast().item();
    }
  }

  /// Computes the training loss of a batch.
  ///
  /// @param textTokens I32 (B, T), padded
  /// @param imageTokens I32 (B, I)
  public Loss loss(Tensor textTokens, Tensor imageTokens, Pass pass) {
    return loss(textTokens, imageTokens, pass, Execution.plain());
  }

  /// Computes the training loss of a batch in a certain way.
  ///
  /// @param textTokens I32 (B, T), padded
  /// @param imageTokens I32 (B, I)
  public Loss loss(Tensor textTokens, Tensor imageTokens, Pass pass, Execution execution) {
    Logits logits = forward(textTokens, imageTokens, pass, execution);
    Variable text = textLoss(logits.text(), textTokens);
    Variable image = Losses.crossEntropy(logits.image(), imageTokens);
    return new Loss(
        text.mul(1.0 / 8).add(image.mul(7.0 / 8)), List.of(text.value(), image.value()));
  }

  private Variable textLoss(Variable logits, Tensor tokens) {
    if (config.style().padsInLoss()) {
      return Losses.crossEntropy(logits, tokens);
    }
    int[] targets = tokens.toInts();
    int counted = 0;
    for (int i = 0; i < targets.length; i++) {
      if (targets[i] >= config.textVocabulary()) {
        targets[i] = -1; // ignored
      } else {
        counted++;
      }
    }
    return logits
        .reshape(-1, config.textClasses())
        .crossEntropy(Tensor.of(targets, targets.length))
        .sum()
        .mul(1.0 / Math.max(1, counted));
  }

  private Variable run(
      Variable x, Pass pass, @Nullable List<KeyValueCache> caches, Execution execution) {
    Variable y = x;
    for (int i = 0; i < blocks.size(); i++) {
      TransformerBlock block = blocks.get(i);
      KeyValueCache cache = caches == null ? null : caches.get(i);
      Pass own = pass.child("resblocks." + i);
      Variable in = y;
      y =
          execution.checkpoint()
              ? Autograd.checkpoint(
                  ins -> block.forward(ins.getFirst(), own, cache, execution.precision()),
                  List.of(in))
              : Autograd.part(() -> block.forward(in, own, cache, execution.precision()));
    }
    return lnFinal.forward(y);
  }

  /// Embeds text tokens, shifted by one slot: (B, T) to (B, T, C).
  private Variable embedText(Tensor tokens) {
    int batch = tokens.dim(0);
    int last = config.textLength() - 1;
    Variable start = startOfText.reshape(1, 1, config.width()).expand(wide(batch, 1));
    Tensor before = tokens.slice(1, 0, last).contiguous(); // (B, T−1)
    Variable shifted = Variable.cat(List.of(start, text.forward(before)), 1); // (B, T, C)
    // A pad replaces both token and position (section 2.2), so its position is not added.
    float[] place = new float[batch * config.textLength()];
    Arrays.fill(place, 1);
    int[] ids = before.toInts();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] >= config.textVocabulary()) {
        place[i / last * (last + 1) + i % last + 1] = 0;
      }
    }
    Variable positions = textPosition.weight().reshape(1, last + 1, config.width());
    Tensor placed = Tensor.of(place, batch, config.textLength(), 1);
    return shifted.add(positions.mul(Variable.of(placed))); // (B, T, C)
  }

  /// Embeds image tokens, shifted by one slot: (B, I) to (B, I, C).
  private Variable embedImage(Tensor tokens, Pass pass, double hiding) {
    int batch = tokens.dim(0);
    Variable start = startOfImage.reshape(1, 1, config.width()).expand(wide(batch, 1));
    Tensor before = tokens.slice(1, 0, config.imageLength() - 1).contiguous(); // (B, I−1)
    Variable shown = image.forward(before); // (B, I−1, C)
    double hidden = hiding * config.tokenDropout();
    if (pass.training() && hidden > 0) {
      Random random = pass.child("token_dropout").random();
      shown = shown.mul(Variable.of(kept(hidden, before.shape(), random)));
    }
    Variable shifted = Variable.cat(List.of(start, shown), 1); // (B, I, C)
    return shifted.add(places());
  }

  /// Draws which image tokens are not hidden, 1 or 0: (B, I−1, 1).
  private static Tensor kept(double hidden, Shape shape, Random random) {
    Tensor u = random.uniform(Shape.of(shape.dim(0), shape.dim(1), 1));
    return Tensor.scalar(hidden).binary(BinaryOp.LT, u).to(DType.F32);
  }

  /// Returns the sum of row and column embeddings of each image slot, (1, I, C).
  private Variable places() {
    int side = config.gridSize();
    Shape grid = Shape.of(side, side, config.width());
    Variable rows = row.weight().reshape(side, 1, config.width()).expand(grid);
    Variable columns = column.weight().reshape(1, side, config.width()).expand(grid);
    return rows.add(columns).reshape(1, side * side, config.width());
  }

  private Shape wide(int batch, int slots) {
    return Shape.of(batch, slots, config.width());
  }

  /// Is the state of sampling: what each layer keeps of the slots so far. The model's weights must
  /// not change as long as it is used.
  public final class Decoding {
    private final FrozenWeights weights;
    private final List<KeyValueCache> caches;
    private int slot;

    private Decoding(FrozenWeights weights, List<KeyValueCache> caches) {
      this.weights = weights;
      this.caches = caches;
    }

    private Decoding(int batch) {
      this(new FrozenWeights(state().values()), new ArrayList<>());
      List<AttentionPattern> plan = LayerPlan.of(config);
      for (int i = 0; i < config.layers(); i++) {
        caches.add(
            new KeyValueCache(
                TransformerBlock.cached(plan.get(i)),
                batch,
                config.heads(),
                config.textLength(),
                config.length(),
                config.width() / config.heads()));
      }
    }

    /// Returns the number of image slots done.
    public int imageSlot() {
      return slot;
    }

    /// Returns a state in which entry `i` of the batch is a copy of entry `rows[i]` here.
    public Decoding select(int... rows) {
      Decoding copy = new Decoding(weights, caches.stream().map(c -> c.select(rows)).toList());
      copy.slot = slot;
      return copy;
    }

    /// Scores the next image token.
    ///
    /// @param previous I32 (B), the image tokens chosen last; ignored for the first slot
    /// @return (B, K)
    public Tensor next(Tensor previous) {
      return Backends.current().passing(() -> List.of(scores(previous))).getFirst();
    }

    private Tensor scores(Tensor previous) {
      return Autograd.noGrad(() -> {
        int batch = previous.dim(0);
        Variable token =
            slot == 0
                ? startOfImage.expand(Shape.of(batch, config.width()))
                : image.forward(previous); // (B, C)
        Variable place =
            row.weight()
                .select(0, slot / config.gridSize())
                .add(column.weight().select(0, slot % config.gridSize())); // (C)
        Variable x = token.add(place).reshape(batch, 1, config.width());
        slot++;
        Variable logits = weights.during(() -> imageLogits.forward(run(x))); // (B, 1, K)
        return logits.value().reshape(batch, config.imageVocabulary());
      });
    }

    /// Runs the blocks over the next slots: (B, S, C) to (B, S, C).
    private Variable run(Variable x) {
      return SparseTransformer.this.run(x, Pass.inference(), caches, Execution.plain());
    }
  }

  /// Reads captions and returns the state from which image tokens are sampled.
  ///
  /// @param textTokens I32 (B, T), padded
  public Decoding read(Tensor textTokens) {
    Decoding decoding = new Decoding(textTokens.dim(0));
    Autograd.noGrad(() -> decoding.weights.during(() -> decoding.run(embedText(textTokens))));
    return decoding;
  }
}
