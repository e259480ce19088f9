package smalti.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.dalle.sample.ImageSampler;
import smalti.dalle.sample.Sampling;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.Module;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Trains and samples whole models with Smalti.
final class OurModels {
  private OurModels() {}

  static Task transformer(Work.TransformerStep w) {
    SparseTransformer model = Models.transformer(w.config());
    Tensor text = Models.text(w.config(), w.batch());
    Tensor image = Models.image(w.config(), w.batch());
    return new Step(model, name -> true, step -> model.loss(text, image, pass(step)).loss());
  }

  static Task vae(Work.VaeStep w) {
    DiscreteVae model = Models.vae(w.config());
    Tensor pixels = w.pixels();
    DiscreteVae.Annealing annealing =
        new DiscreteVae.Annealing(
            Work.VaeStep.TAU, Work.VaeStep.BETA, 0, Work.VaeStep.FLOOR, false);
    return new Step(model, name -> true, step -> model.loss(pixels, annealing, pass(step)).loss());
  }

  private static Pass pass(long step) {
    return Pass.training(step == 0 ? Work.VaeStep.NOISE : Work.VaeStep.NOISE.split(step));
  }

  /// Does training steps.
  private static final class Step implements Task {
    private final List<Parameter> parameters;
    private final AdamW optimiser;
    private final LongFunction<Variable> loss;

    Step(Module model, Predicate<String> decays, LongFunction<Variable> loss) {
      this.parameters = model.parameters();
      AdamW.Config config = new AdamW.Config(0.9, Work.AdamW.BETA2, 1e-8, Work.AdamW.DECAY);
      this.optimiser = new AdamW(model.namedParameters(), config, decays);
      this.loss = loss;
    }

    @Override
    public void run() {
      Backends.current()
          .step(() -> {
            Variable value = loss.apply(optimiser.steps() + 1);
            optimiser.step(Autograd.backward(value), 1e-4, 1);
            return List.of(value.value());
          });
    }

    @Override
    public List<float[]> results() {
      Variable value = loss.apply(0);
      Gradients gradients = Autograd.backward(value);
      List<float[]> results = new ArrayList<>(List.of(value.value().toFloats()));
      parameters.forEach(p -> results.add(gradients.of(p).toFloats()));
      return results;
    }
  }

  static Task sample(Work.Sample w) {
    SparseTransformer model = Models.transformer(w.config());
    int[] caption = w.caption().toInts();
    return new Task() {
      private long seed;

      @Override
      public void run() {
        seed++;
        List<ImageSampler.Request> requests = new ArrayList<>();
        for (int i = 0; i < w.candidates(); i++) {
          requests.add(ImageSampler.Request.of(caption, seed, i));
        }
        new ImageSampler(model, Sampling.paper()).sample(requests, slot -> {});
      }

      /// Returns the scores of every position when the tokens are given.
      @Override
      public List<float[]> results() {
        Tensor given = Models.image(w.config(), w.candidates()); // (N, I)
        int[] text = new int[w.candidates() * caption.length];
        for (int i = 0; i < w.candidates(); i++) {
          System.arraycopy(caption, 0, text, i * caption.length, caption.length);
        }
        SparseTransformer.Decoding decoding =
            model.read(Tensor.of(text, w.candidates(), caption.length));
        List<float[]> results = new ArrayList<>();
        for (int slot = 0; slot < w.config().imageLength(); slot++) {
          Tensor previous = given.select(1, Math.max(slot - 1, 0)).contiguous();
          results.add(decoding.next(previous).toFloats());
        }
        return results;
      }
    };
  }
}
