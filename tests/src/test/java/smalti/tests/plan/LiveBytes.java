package smalti.tests.plan;

import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.dalle.transformer.Execution;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.VaeConfig;
import smalti.nn.Module;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.Ema;
import smalti.nn.optim.GradientClip;
import smalti.tensor.Parallel;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

/// Trains a transformer or a dVAE for an update and prints how many bytes were alive on the heap at
/// most: before every kernel the collector is run, and what is left is alive. It runs in a JVM of
/// its own, with a collector that leaves nothing.
final class LiveBytes {
  private static final int LARGE = 20_000;
  private static long peak;

  private LiveBytes() {}

  /// Takes the numbers of a [TransformerConfig], the batch, whether an average is kept, and whether
  /// blocks are checkpointed; or only the numbers of a [VaeConfig] and the batch.
  public static void main(String[] args) {
    Parallel.threads(1);
    if (args.length == 1) {
      measure(vae(args[0], 1), vae(args[0], 0));
      return;
    }
    int[] n = Arrays.stream(args[0].split(",")).mapToInt(Integer::parseInt).toArray();
    TransformerConfig.Attention attention = TransformerConfig.Attention.valueOf(args[1]);
    TransformerConfig c =
        new TransformerConfig(
            n[0], n[1], n[2], n[3], n[4], n[5], n[6], attention, 3, n[7] / 100.0, 0);
    Execution execution = args[2].equals("true") ? Execution.checkpointed() : Execution.plain();
    measure(() -> train(c, 1, n[9], execution), () -> train(c, n[8], n[9], execution));
  }

  /// Prints what the second action has alive at most; the first loads classes, fills tables of
  /// patterns, and leaves no arrays for the second to be lent.
  private static void measure(Runnable before, Runnable action) {
    before.run();
    for (int i = 0; i < 32; i++) {
      Backends.current().step(List::of); // steps that make nothing: arrays that wait are dropped
    }
    long empty = live();
    peak = empty;
    Backends.with(measuring(Backends.current()), action);
    System.out.println(peak - empty);
  }

  /// Trains a dVAE for an update.
  ///
  /// @param numbers of a [VaeConfig], and the batch
  /// @param batch instead of that, unless it is 0
  private static Runnable vae(String numbers, int batch) {
    int[] n = Arrays.stream(numbers.split(",")).mapToInt(Integer::parseInt).toArray();
    VaeConfig.Scales scales = new VaeConfig.Scales(true, 8, 0.5, 0.5, 1);
    VaeConfig c = new VaeConfig(n[0], n[1], n[2], n[3], n[4], n[5], n[6], scales);
    Shape shape = Shape.of(batch == 0 ? n[7] : batch, 3, n[0], n[0]);
    return () -> {
      DiscreteVae model = new DiscreteVae(c, Random.of(1));
      AdamW adam =
          new AdamW(
              model.namedParameters(), new AdamW.Config(0.9, 0.999, 1e-8, 1e-4), name -> true);
      Ema ema = new Ema(model, 0.999);
      Tensor pixels = Random.of(3).uniform(shape);
      DiscreteVae.Annealing annealing = new DiscreteVae.Annealing(0.5, 6.6, 0, -9, false);
      step(model, adam, () -> model.loss(pixels, annealing, Pass.training(Random.of(2))).loss());
      ema.update();
    };
  }

  private static void train(TransformerConfig c, int batch, int averages, Execution execution) {
    SparseTransformer model = new SparseTransformer(c, Random.of(1));
    List<Ema> kept = averages == 0 ? List.of() : List.of(new Ema(model, 0.99));
    AdamW adam =
        new AdamW(model.namedParameters(), new AdamW.Config(0.9, 0.96, 1e-8, 4.5e-2), name -> true);
    Pass pass = Pass.training(Random.of(2));
    step(model, adam, () -> model.loss(text(c, batch), image(c, batch), pass, execution).loss());
    kept.forEach(Ema::update);
  }

  /// Does an update as a trainer does it.
  private static void step(Module model, AdamW adam, Supplier<Variable> loss) {
    Backends.current()
        .step(() -> {
          Gradients gradients = Autograd.backward(loss.get());
          double norm = GradientClip.norm(gradients, model.parameters());
          adam.step(gradients, 1e-3, GradientClip.factor(norm, norm / 2));
          return List.of();
        });
  }

  private static Tensor text(TransformerConfig c, int batch) {
    int[] ids = new int[batch * c.textLength()];
    Arrays.setAll(ids, i -> (i * 7) % c.textVocabulary());
    return Tensor.of(ids, batch, c.textLength());
  }

  private static Tensor image(TransformerConfig c, int batch) {
    int[] ids = new int[batch * c.imageLength()];
    Arrays.setAll(ids, i -> (i * 5) % c.imageVocabulary());
    return Tensor.of(ids, batch, c.imageLength());
  }

  private static Backend measuring(Backend own) {
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              try {
                if (Arrays.stream(arguments).anyMatch(LiveBytes::isLarge)) {
                  peak = Math.max(peak, live());
                }
                return method.invoke(own, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /// Returns whether a kernel handles much; between small ones little changes.
  private static boolean isLarge(Object argument) {
    return argument instanceof Tensor t && t.elements() >= LARGE;
  }

  private static long live() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
