package smalti.dalle.train;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.dalle.vae.Autoencoder;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.Ema;
import smalti.nn.optim.GradientClip;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Trains a discrete VAE, or one of its relatives, on pictures (Ramesh et al. 2021, section 2.1 and
/// appendix A.2): the relaxed bound with annealed temperature and divergence weight, AdamW, and an
/// average of the weights.
///
/// @param <M> which kind of model
public final class VaeTrainer<M extends Autoencoder> implements Stage {
  private final M model;
  private final VaeRecipe recipe;
  private final PictureSet pictures;
  private final @Nullable RandomCrops crops;
  private final Random random;
  private final List<Parameter> parameters;
  private final AdamW optimiser;
  private final Ema ema;
  private final VaeProbe probe;

  /// Begins a training on whole pictures.
  public VaeTrainer(M model, VaeRecipe recipe, PictureSet pictures, Random random) {
    this(model, recipe, pictures, null, random);
  }

  /// Begins a training.
  ///
  /// @param crops cuts the pictures of an update, where the recipe asks for it
  /// @throws IllegalArgumentException if it does and there is nothing to cut them
  public VaeTrainer(
      M model, VaeRecipe recipe, PictureSet pictures, @Nullable RandomCrops crops, Random random) {
    if (recipe.crops() && crops == null) {
      throw new IllegalArgumentException("VaeTrainer: the recipe asks for crops; there are none");
    }
    this.model = model;
    this.recipe = recipe;
    this.pictures = pictures;
    this.crops = recipe.crops() ? crops : null;
    this.random = random;
    this.parameters = model.parameters();
    AdamW.Config config = new AdamW.Config(0.9, recipe.adamBeta2(), 1e-8, recipe.weightDecay());
    this.optimiser = new AdamW(model.namedParameters(), config, name -> name.endsWith(".w"));
    this.ema = new Ema(model, recipe.ema());
    this.probe = new VaeProbe(model, recipe, pictures, random.split("probe"));
  }

  /// Returns the model, which every update changes.
  public M model() {
    return model;
  }

  @Override
  public String name() {
    return model.kind().stage();
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
    int[] which = pictures.deal(step, recipe.batch(), random.split("order"));
    Tensor x = augmented(which, draw.split("picture")); // (B, 3, H, W)
    DiscreteVae.Annealing annealing = recipe.at(step);
    double lr = recipe.lrSchedule().at(step);
    Map<String, Double> seen = probe.at(step, annealing);
    Supplier<List<Tensor>> update = () -> update(x, annealing, Pass.training(draw), lr);
    boolean whole = !choosesCodes(annealing) || !Backends.current().recordsSteps();
    List<Tensor> results = whole ? Backends.current().step(update) : update.get();
    double value = DivergedException.check(name(), step, "loss", results.get(0).item());
    double norm = DivergedException.check(name(), step, "gradient's norm", results.get(1).item());
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("loss", value);
    numbers.put("nll", results.get(2).item());
    numbers.put("kl", results.get(3).item());
    numbers.put("balance", results.size() < 5 ? 0 : results.get(4).item());
    numbers.put("tau", annealing.tau());
    numbers.put("beta", annealing.beta());
    numbers.put("lr", lr);
    numbers.put("gradient_norm", norm);
    numbers.putAll(seen);
    return numbers;
  }

  private Tensor augmented(int[] which, Random draw) {
    return crops == null
        ? pictures.augmented(which, recipe.flip(), recipe.collage(), draw)
        : crops.crop(which, recipe.flip(), draw);
  }

  /// Returns whether the loss looks up the codes that it has just chosen: a step on a device could
  /// not read them.
  private boolean choosesCodes(DiscreteVae.Annealing annealing) {
    return model.kind() == Autoencoder.Kind.VQ || annealing.straightThrough();
  }

  /// Does one update.
  ///
  /// @return the loss, the gradient's norm, and the loss's parts
  private List<Tensor> update(Tensor x, DiscreteVae.Annealing annealing, Pass pass, double lr) {
    DiscreteVae.Loss loss = model.loss(x, annealing, pass);
    DivergedException.checkOnHost(name(), done(), "loss", loss.loss().value());
    Gradients gradients = Autograd.backward(loss.loss());
    Tensor norm = GradientClip.scalarNorm(gradients, parameters);
    DivergedException.checkOnHost(name(), done(), "gradient's norm", norm);
    optimiser.step(gradients, lr, GradientClip.factor(norm, recipe.clip()));
    ema.update();
    List<Tensor> results = new ArrayList<>(List.of(loss.loss().value(), norm));
    results.addAll(loss.parts());
    return results;
  }

  @Override
  public @Nullable String warning() {
    return probe.warning();
  }

  /// Runs an action with the averaged weights in the model's place.
  public void withAverage(Runnable action) {
    ema.during(action);
  }

  /// Puts the averaged weights into the model for good; the training is over.
  public void finish() {
    model.load(ema.state());
  }

  @Override
  public void save(RunFolder folder) throws IOException {
    folder.saveTraining(name(), model.state(), optimiser, ema);
  }

  /// Goes on where a saved training stopped.
  ///
  /// @throws IOException if the file cannot be read or does not fit this model
  public void resume(RunFolder folder) throws IOException {
    folder.loadTraining(name(), model, optimiser, ema);
  }
}
