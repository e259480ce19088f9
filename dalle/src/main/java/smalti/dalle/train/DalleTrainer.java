package smalti.dalle.train;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.transformer.SparseTransformer;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.GradientClip;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Trains a transformer on captions and image tokens (Ramesh et al. 2021, section 2.2 and appendix
/// B.2): cross-entropy of 1/8 text and 7/8 image, AdamW with decay of matrices only, clipping.
public final class DalleTrainer implements Stage {
  private final SparseTransformer model;
  private final DalleRecipe recipe;
  private final TokenSet tokens;
  private final BpeTokenizer tokenizer;
  private final Random random;
  private final List<Parameter> parameters;
  private final AdamW optimiser;

  /// Begins a training.
  public DalleTrainer(
      SparseTransformer model,
      DalleRecipe recipe,
      TokenSet tokens,
      BpeTokenizer tokenizer,
      Random random) {
    this.model = model;
    this.recipe = recipe;
    this.tokens = tokens;
    this.tokenizer = tokenizer;
    this.random = random;
    this.parameters = model.parameters();
    AdamW.Config config = new AdamW.Config(0.9, recipe.adamBeta2(), 1e-8, recipe.weightDecay());
    this.optimiser = new AdamW(model.namedParameters(), config, DalleTrainer::decays);
  }

  /// Returns the model, which every update changes.
  public SparseTransformer model() {
    return model;
  }

  /// Returns whether weight decay applies: matrices of blocks, not gains, biases, embeddings or the
  /// output matrices.
  static boolean decays(String name) {
    return name.startsWith("resblocks.") && name.endsWith("weight") && !name.contains(".ln_");
  }

  @Override
  public String name() {
    return "dalle";
  }

  @Override
  public long steps() {
    return recipe.steps();
  }

  @Override
  public long done() {
    return optimiser.steps();
  }

  @Override
  public int batch() {
    return recipe.batch();
  }

  @Override
  public Map<String, Double> advance() {
    long step = done();
    Random draw = random.split("step").split(step);
    int[] which = tokens.pictures().deal(step, recipe.batch(), random.split("order"));
    Tensor text = text(which, draw.split("caption")); // (B, T)
    Tensor image = tokens.tokens(which); // (B, I)
    double lr = recipe.lrSchedule().at(step);
    List<Tensor> results =
        Backends.current()
            .step(() -> {
              SparseTransformer.Loss loss =
                  model.loss(text, image, Pass.training(draw.split("dropout")));
              Gradients gradients = Autograd.backward(loss.loss());
              Tensor norm = GradientClip.scalarNorm(gradients, parameters);
              optimiser.step(gradients, lr, GradientClip.factor(norm, recipe.clip()));
              return List.of(
                  loss.loss().value(), norm, loss.parts().getFirst(), loss.parts().getLast());
            });
    double value = DivergedException.check(name(), step, "loss", results.get(0).item());
    double norm = DivergedException.check(name(), step, "gradient's norm", results.get(1).item());
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("loss", value);
    numbers.put("text", results.get(2).item());
    numbers.put("image", results.get(3).item());
    numbers.put("lr", lr);
    numbers.put("gradient_norm", norm);
    return numbers;
  }

  private Tensor text(int[] which, Random draw) {
    int length = model.config().textLength();
    int[] ids = new int[which.length * length];
    for (int i = 0; i < which.length; i++) {
      Random own = draw.split(i);
      String caption = tokens.pictures().data().caption(tokens.pictures().index(which[i]), own);
      int[] bpe = tokenizer.encode(caption, (float) recipe.bpeDropout(), own.split("bpe"));
      System.arraycopy(model.config().padded(bpe), 0, ids, i * length, length);
    }
    return Tensor.of(ids, which.length, length);
  }

  @Override
  public void save(RunFolder folder) throws IOException {
    folder.saveTraining(name(), model.state(), optimiser, null);
  }

  /// Goes on where a saved training stopped.
  ///
  /// @throws IOException if the file cannot be read or does not fit this model
  public void resume(RunFolder folder) throws IOException {
    folder.loadTraining(name(), model, optimiser, null);
  }
}
