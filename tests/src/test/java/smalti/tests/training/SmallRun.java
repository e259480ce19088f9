package smalti.tests.training;

import java.util.Arrays;
import java.util.function.LongFunction;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.VaeConfig;
import smalti.nn.Module;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.GradientClip;
import smalti.nn.optim.Schedule;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Makes small models and one batch for each, and trains on it.
final class SmallRun {
  static final VaeConfig VAE =
      new VaeConfig(16, 3, 1, 16, 3, 16, 32, new VaeConfig.Scales(true, 4, 0.5, 0.5, 0.5));

  private SmallRun() {}

  /// Returns four pictures: coloured discs on coloured grounds.
  static Tensor pictures(int size) {
    Random random = Random.of(11);
    Tensor out = Tensor.zeros(4, 3, size, size);
    for (int b = 0; b < 4; b++) {
      double x0 = size * (0.3 + 0.4 * random.nextDouble());
      double y0 = size * (0.3 + 0.4 * random.nextDouble());
      for (int c = 0; c < 3; c++) {
        double ground = random.nextDouble();
        double disc = random.nextDouble();
        for (int y = 0; y < size; y++) {
          for (int x = 0; x < size; x++) {
            boolean in = Math.hypot(x - x0, y - y0) < size / 3.0;
            out.storage().set(((b * 3 + c) * size + y) * size + x, in ? disc : ground);
          }
        }
      }
    }
    return out;
  }

  static TransformerConfig transformer(double dropout) {
    return new TransformerConfig(
        5, 20, 4, 16, 48, 4, 4, TransformerConfig.Attention.SPARSE, 3, dropout, 0);
  }

  /// Returns captions that differ, (batch, T).
  static Tensor text(TransformerConfig c, int batch) {
    int[] ids = new int[batch * c.textLength()];
    for (int b = 0; b < batch; b++) {
      int[] padded = c.padded(new int[] {b % c.textVocabulary(), (7 * b + 3) % c.textVocabulary()});
      System.arraycopy(padded, 0, ids, b * c.textLength(), c.textLength());
    }
    return Tensor.of(ids, batch, c.textLength());
  }

  /// Returns random image tokens, (batch, I).
  static Tensor image(TransformerConfig c, int batch) {
    Random random = Random.of(12);
    int[] ids = new int[batch * c.imageLength()];
    Arrays.setAll(ids, i -> random.nextInt(c.imageVocabulary()));
    return Tensor.of(ids, batch, c.imageLength());
  }

  /// Trains the dVAE on one batch, without a divergence, with samples that harden.
  static DiscreteVae.Loss vae(DiscreteVae model, Tensor pixels, int steps, double lr) {
    Schedule tau = Schedule.cosine(1, 1.0 / 8, steps);
    DiscreteVae.Loss[] last = new DiscreteVae.Loss[1];
    train(
        model,
        steps,
        lr,
        step -> {
          DiscreteVae.Annealing a = new DiscreteVae.Annealing(tau.at(step), 0, 0, -2, false);
          last[0] = model.loss(pixels, a, Pass.training(Random.of(5).split(step)));
          return last[0].loss();
        });
    return last[0];
  }

  /// Trains the transformer on one batch.
  static SparseTransformer.Loss transformer(
      SparseTransformer model, Tensor text, Tensor image, int steps, double lr) {
    SparseTransformer.Loss[] last = new SparseTransformer.Loss[1];
    train(
        model,
        steps,
        lr,
        step -> {
          last[0] = model.loss(text, image, Pass.training(Random.of(6).split(step)));
          return last[0].loss();
        });
    return last[0];
  }

  private static void train(Module model, int steps, double lr, LongFunction<Variable> loss) {
    AdamW.Config config = new AdamW.Config(0.9, 0.99, 1e-8, 1e-3);
    AdamW adam = new AdamW(model.namedParameters(), config, name -> name.endsWith("weight"));
    Schedule rate = Schedule.cosine(lr, lr / 20, steps);
    for (long step = 0; step < steps; step++) {
      Gradients gradients = Autograd.backward(loss.apply(step));
      double norm = GradientClip.norm(gradients, model.parameters());
      adam.step(gradients, rate.at(step), GradientClip.factor(norm, 1));
    }
  }

  /// Returns the mean squared difference.
  static double squaredError(Tensor a, Tensor b) {
    Tensor d = a.sub(b);
    return d.mul(d).mean().item();
  }
}
