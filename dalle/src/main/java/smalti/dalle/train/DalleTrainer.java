package smalti.dalle.train;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.transformer.Execution;
import smalti.dalle.transformer.MixedPrecision;
import smalti.dalle.transformer.Precision;
import smalti.dalle.transformer.SparseTransformer;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.Ema;
import smalti.nn.optim.GradientClip;
import smalti.nn.precision.GradientScales;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Trains a transformer on captions and image tokens (Ramesh et al. 2021, section 2.2 and appendix
/// B.2): cross-entropy of 1/8 text and 7/8 image, AdamW with decay of matrices only, clipping; and
/// what [AtScale] asks for.
public final class DalleTrainer implements Stage {
  private final SparseTransformer model;
  private final DalleRecipe recipe;
  private final TokenSet tokens;
  private final BpeTokenizer tokenizer;
  private final Random random;
  private final Map<String, Parameter> named;
  private final List<Parameter> parameters;
  private final AdamW optimiser;
  private final Plateau plateau;
  private final @Nullable MixedPrecision mixed;
  private final @Nullable Ema ema;
  private final Execution execution;
  private long done;

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
    this.named = model.namedParameters();
    this.parameters = model.parameters();
    AtScale at = recipe.atScale();
    this.plateau = new Plateau(at.plateau());
    this.mixed = at.mixedPrecision() ? mixed(model.config().layers()) : null;
    this.ema = at.emaDecay() > 0 ? new Ema(model, at.emaDecay()) : null;
    this.execution = new Execution(at.checkpoint(), mixed == null ? Precision.FP32 : mixed, 1);
    AdamW.Config config = new AdamW.Config(0.9, recipe.adamBeta2(), 1e-8, recipe.weightDecay());
    Predicate<String> decays = at.decayAll() ? name -> true : DalleTrainer::decays;
    this.optimiser = new AdamW(named, config, decays, moments(at));
    if (mixed != null) {
      MixedPrecision.round(named);
    }
  }

  private static MixedPrecision mixed(int layers) {
    return new MixedPrecision(
        new GradientScales(2 * layers, false, GradientScales.Rule.published(1)));
  }

  private static AdamW.Moments moments(AtScale at) {
    return new AdamW.Moments(
        at.varianceClip() == 0 ? Double.POSITIVE_INFINITY : at.varianceClip(),
        at.mixedPrecision() ? MixedPrecision::isSmall : name -> false);
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
    return done;
  }

  @Override
  public int batch() {
    return recipe.batch();
  }

  /// Halves the step size from now on, as the paper did by hand.
  public void halve() {
    plateau.halve();
  }

  /// Runs an action with the average of the parameters in the model, if one is kept.
  public void withAverage(Runnable action) {
    if (ema == null) {
      action.run();
    } else {
      ema.during(action);
    }
  }

  /// Puts the average of the parameters into the model, if one is kept: the training is over.
  public void finish() {
    if (ema != null) {
      model.load(ema.state());
    }
  }

  @Override
  public Map<String, Double> advance() {
    Random draw = random.split("step").split(done);
    int[] which = tokens.pictures().deal(done, recipe.batch(), random.split("order"));
    Tensor text = text(which, draw.split("caption")); // (B, T)
    Tensor image = tokens.tokens(which, draw.split("crop")); // (B, I)
    double lr = recipe.lrSchedule().at(done) * plateau.factor();
    Sums sums = new Sums();
    double norm =
        readsNothing()
            ? wholeUpdate(text, image, draw.split("dropout"), lr, sums)
            : partedUpdate(text, image, draw.split("dropout"), lr, sums);
    done++;
    plateau.add(sums.loss);
    if (ema != null && done % recipe.atScale().emaEvery() == 0) {
      ema.update();
    }
    return numbers(sums, lr, norm);
  }

  /// Holds the means of an update's losses and, where it is done op by op, its gradients.
  private static final class Sums {
    private double loss;
    private double text;
    private double image;
    private @Nullable Gradients gradients;

    /// Adds a part's gradients and returns what must outlive the part.
    List<Tensor> add(Gradients part) {
      if (gradients == null) {
        gradients = part;
      } else {
        gradients.add(part, 1);
      }
      return gradients.tensors();
    }
  }

  /// Returns whether an update reads no number of its own, so that a device may run it as a whole:
  /// gradient scales, the variance's clip and a batch in parts do read.
  private boolean readsNothing() {
    AtScale at = recipe.atScale();
    return mixed == null && at.accumulate() == 1 && at.varianceClip() == 0;
  }

  /// Does one update as a step of the backend and returns the gradient's norm.
  private double wholeUpdate(Tensor text, Tensor image, Random dropout, double lr, Sums sums) {
    Execution hiding = execution.withHiding(recipe.tokenDropoutSchedule().at(done));
    List<Tensor> results =
        Backends.current()
            .step(() -> {
              SparseTransformer.Loss loss = model.loss(text, image, Pass.training(dropout), hiding);
              DivergedException.checkOnHost(name(), done, "loss", loss.loss().value());
              Gradients gradients = Autograd.backward(loss.loss());
              Tensor norm = GradientClip.scalarNorm(gradients, parameters);
              DivergedException.checkOnHost(name(), done, "gradient's norm", norm);
              optimiser.step(gradients, lr, GradientClip.factor(norm, recipe.clip()));
              return List.of(
                  loss.loss().value(), norm, loss.parts().getFirst(), loss.parts().getLast());
            });
    sums.loss = DivergedException.check(name(), done, "loss", results.get(0).item());
    sums.text = results.get(2).item();
    sums.image = results.get(3).item();
    return DivergedException.check(name(), done, "gradient's norm", results.get(1).item());
  }

  /// Does one update that reads its own numbers and returns the gradient's norm, NaN if the
  /// gradients were of no use. A batch in parts is a step for each of them, since the arrays of a
  /// step are kept to its end.
  private double partedUpdate(Tensor text, Tensor image, Random dropout, double lr, Sums sums) {
    if (recipe.atScale().accumulate() > 1) {
      return update(text, image, dropout, lr, sums);
    }
    double[] norm = new double[1];
    Backends.current()
        .passing(() -> {
          norm[0] = update(text, image, dropout, lr, sums);
          return List.of();
        });
    return norm[0];
  }

  private double update(Tensor text, Tensor image, Random dropout, double lr, Sums sums) {
    Gradients gradients = backward(text, image, dropout, sums);
    if (mixed != null) {
      MixedPrecision.Outcome outcome = mixed.finish(gradients, named);
      if (!outcome.usable()) {
        return Double.NaN;
      }
      gradients = outcome.gradients();
    }
    double norm = GradientClip.norm(gradients, parameters);
    DivergedException.check(name(), done, "gradient's norm", norm);
    optimiser.step(gradients, lr, GradientClip.factor(norm, recipe.clip()));
    if (mixed != null) {
      MixedPrecision.round(named);
    }
    return norm;
  }

  /// Returns the gradients of a batch, computed in as many parts as the recipe says.
  private Gradients backward(Tensor text, Tensor image, Random dropout, Sums sums) {
    int parts = recipe.atScale().accumulate();
    int size = recipe.batch() / parts;
    for (int part = 0; part < parts; part++) {
      int from = part * size;
      Random own = parts == 1 ? dropout : dropout.split(part);
      Backends.current()
          .passing(() -> {
            SparseTransformer.Loss loss =
                model.loss(
                    text.slice(0, from, from + size).contiguous(),
                    image.slice(0, from, from + size).contiguous(),
                    Pass.training(own),
                    execution.withHiding(recipe.tokenDropoutSchedule().at(done)));
            sums.loss += DivergedException.check(name(), done, "loss", loss.loss().item()) / parts;
            sums.text += loss.text() / parts;
            sums.image += loss.image() / parts;
            return sums.add(
                Autograd.backward(parts == 1 ? loss.loss() : loss.loss().mul(1.0 / parts)));
          });
    }
    return Objects.requireNonNull(sums.gradients); // there is at least one part
  }

  private Map<String, Double> numbers(Sums sums, double lr, double norm) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("loss", sums.loss);
    numbers.put("text", sums.text);
    numbers.put("image", sums.image);
    numbers.put("lr", lr);
    numbers.put("gradient_norm", norm);
    if (mixed != null) {
      GradientScales scales = mixed.scales();
      double least = Double.POSITIVE_INFINITY;
      double most = 0;
      for (int i = 0; i < scales.branches(); i++) {
        least = Math.min(least, scales.scale(i));
        most = Math.max(most, scales.scale(i));
      }
      numbers.put("least_scale", least);
      numbers.put("largest_scale", most);
    }
    return numbers;
  }

  /// Draws the captions of a batch, I32 (B, T).
  Tensor text(int[] which, Random draw) {
    int length = model.config().textLength();
    int[] ids = new int[which.length * length];
    for (int i = 0; i < which.length; i++) {
      Random own = draw.split(i);
      System.arraycopy(model.config().padded(caption(which[i], own)), 0, ids, i * length, length);
    }
    return Tensor.of(ids, which.length, length);
  }

  /// Draws a caption's BPE tokens.
  private int[] caption(int which, Random own) {
    if (own.split("empty").nextDouble() < recipe.captionDropout()) {
      return new int[0];
    }
    String caption = tokens.pictures().data().caption(tokens.pictures().index(which), own);
    return tokenizer.encode(caption, (float) recipe.bpeDropout(), own.split("bpe"));
  }

  @Override
  public void save(RunFolder folder) throws IOException {
    Map<String, Tensor> more = new LinkedHashMap<>();
    more.put("done", Tensor.of(new double[] {done}, 1));
    more.put("plateau", plateau.state());
    if (mixed != null) {
      more.put("gradient_scales", mixed.scales().state());
    }
    folder.saveTraining(name(), model.state(), optimiser, ema, more);
  }

  /// Goes on where a saved training stopped.
  ///
  /// @throws IOException if the file cannot be read or does not fit this model
  public void resume(RunFolder folder) throws IOException {
    Map<String, Tensor> more = folder.loadTraining(name(), model, optimiser, ema);
    done = (long) part(folder, more, "done").get(0);
    plateau.load(part(folder, more, "plateau"));
    if (mixed != null) {
      mixed.scales().load(part(folder, more, "gradient_scales"));
    }
  }

  private static Tensor part(RunFolder folder, Map<String, Tensor> more, String name)
      throws IOException {
    Tensor t = more.get(name);
    if (t == null) {
      throw new IOException(
          "%s: has no %s; the run was begun by another version or with another recipe"
              .formatted(folder.file("dalle-training.safetensors"), name));
    }
    return t;
  }
}
