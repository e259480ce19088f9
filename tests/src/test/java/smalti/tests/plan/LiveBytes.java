package smalti.tests.plan;

import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.dalle.transformer.Execution;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.GradientClip;
import smalti.tensor.Parallel;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

/// Trains a transformer for an update and prints how many bytes were alive on the heap at most:
/// before every kernel the collector is run, and what is left is alive. It runs in a JVM of its
/// own, with a collector that leaves nothing.
final class LiveBytes {
  private static final int LARGE = 20_000;
  private static long peak;

  private LiveBytes() {}

  /// Takes the numbers of a [TransformerConfig], the batch, and whether blocks are checkpointed.
  public static void main(String[] args) {
    int[] n = Arrays.stream(args[0].split(",")).mapToInt(Integer::parseInt).toArray();
    TransformerConfig.Attention attention = TransformerConfig.Attention.valueOf(args[1]);
    TransformerConfig c =
        new TransformerConfig(
            n[0], n[1], n[2], n[3], n[4], n[5], n[6], attention, 3, n[7] / 100.0, 0);
    Execution execution = args[2].equals("true") ? Execution.checkpointed() : Execution.plain();
    Parallel.threads(1);
    train(c, 1, execution); // loads classes, fills tables of patterns
    long before = live();
    peak = before;
    Backends.with(measuring(Backends.current()), () -> train(c, n[8], execution));
    System.out.println(peak - before);
  }

  private static void train(TransformerConfig c, int batch, Execution execution) {
    SparseTransformer model = new SparseTransformer(c, Random.of(1));
    AdamW adam =
        new AdamW(model.namedParameters(), new AdamW.Config(0.9, 0.96, 1e-8, 4.5e-2), name -> true);
    Pass pass = Pass.training(Random.of(2));
    Gradients gradients =
        Autograd.backward(model.loss(text(c, batch), image(c, batch), pass, execution).loss());
    double norm = GradientClip.norm(gradients, model.parameters());
    adam.step(gradients, 1e-3, GradientClip.factor(norm, norm / 2));
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
