package smalti.tests.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.dalle.transformer.Execution;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.Module;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.Ema;
import smalti.nn.optim.GradientClip;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// A training whose arrays are lent from step to step is, bit by bit, the training whose arrays are
/// all new. (Assertions are on: what a step gives back is NaN.)
final class StepTest {
  private static final int STEPS = 6;

  private static List<float[]> train(Module model, LongFunction<Variable> loss, boolean asSteps) {
    AdamW adam =
        new AdamW(
            model.namedParameters(),
            new AdamW.Config(0.9, 0.99, 1e-8, 1e-3),
            name -> name.endsWith("weight"));
    Ema ema = new Ema(model, 0.9);
    List<float[]> numbers = new ArrayList<>();
    for (long step = 0; step < STEPS; step++) {
      long now = step;
      Supplier<List<Tensor>> update =
          () -> {
            Variable value = loss.apply(now);
            Gradients gradients = Autograd.backward(value);
            double norm = GradientClip.norm(gradients, model.parameters());
            adam.step(gradients, 1e-3, GradientClip.factor(norm, norm / 2));
            ema.update();
            return List.of(value.value());
          };
      List<Tensor> results = asSteps ? Backends.current().step(update) : update.get();
      numbers.add(results.getFirst().toFloats());
    }
    model.state().values().forEach(t -> numbers.add(t.toFloats()));
    ema.state().values().forEach(t -> numbers.add(t.toFloats()));
    return numbers;
  }

  private static List<float[]> transformer(Execution execution, boolean asSteps) {
    TransformerConfig c = SmallRun.transformer(0.1);
    SparseTransformer model = new SparseTransformer(c, Random.of(3));
    Tensor text = SmallRun.text(c, 8);
    Tensor image = SmallRun.image(c, 8);
    return train(
        model,
        step -> model.loss(text, image, Pass.training(Random.of(6).split(step)), execution).loss(),
        asSteps);
  }

  private static List<float[]> vae(boolean straightThrough, boolean asSteps) {
    DiscreteVae model = new DiscreteVae(SmallRun.VAE, Random.of(4));
    Tensor pixels = SmallRun.pictures(16);
    DiscreteVae.Annealing a = new DiscreteVae.Annealing(0.7, 0.5, 1, -2, straightThrough);
    return train(
        model,
        step -> model.loss(pixels, a, Pass.training(Random.of(5).split(step))).loss(),
        asSteps);
  }

  private static void same(List<float[]> steps, List<float[]> plain) {
    assertThat(steps).hasSameSizeAs(plain);
    for (int i = 0; i < steps.size(); i++) {
      assertThat(steps.get(i)).as("numbers %d", i).isEqualTo(plain.get(i));
    }
  }

  @Test
  void theTransformer() {
    same(transformer(Execution.plain(), true), transformer(Execution.plain(), false));
  }

  @Test
  void theTransformerWithCheckpoints() {
    same(transformer(Execution.checkpointed(), true), transformer(Execution.checkpointed(), false));
  }

  @Test
  void theDvae() {
    same(vae(false, true), vae(false, false));
  }

  @Test
  void theDvaeStraightThrough() {
    same(vae(true, true), vae(true, false));
  }
}
