package smalti.tests.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.Module;
import smalti.tensor.Parallel;
import smalti.tensor.Random;

/// Trains twice from one seed, on one thread and on several: every parameter ends as the same bits.
final class ThreadsTest {
  private static final int STEPS = 20;

  private static Module vae() {
    DiscreteVae model = new DiscreteVae(SmallRun.VAE, Random.of(1));
    SmallRun.vae(model, SmallRun.pictures(16), STEPS, 1e-3);
    return model;
  }

  private static Module transformer() {
    TransformerConfig c = SmallRun.transformer(0.1);
    SparseTransformer model = new SparseTransformer(c, Random.of(1));
    SmallRun.transformer(model, SmallRun.text(c, 16), SmallRun.image(c, 16), STEPS, 1e-3);
    return model;
  }

  @Test
  void theVaeTrainsToTheSameBits() {
    assertSameBits(ThreadsTest::vae);
  }

  @Test
  void theTransformerTrainsToTheSameBits() {
    assertSameBits(ThreadsTest::transformer);
  }

  private static void assertSameBits(Supplier<Module> run) {
    Map<String, float[]> one = parameters(1, run);
    for (int threads : new int[] {2, 3}) {
      Map<String, float[]> other = parameters(threads, run);
      assertThat(other.keySet()).isEqualTo(one.keySet());
      one.forEach((name, numbers) ->
          assertThat(other.get(name))
              .as("%s on %d threads", name, threads)
              .containsExactly(numbers));
    }
  }

  private static Map<String, float[]> parameters(int threads, Supplier<Module> run) {
    int before = Parallel.threads();
    Parallel.threads(threads);
    try {
      Map<String, float[]> numbers = new LinkedHashMap<>();
      run.get().state().forEach((name, t) -> numbers.put(name, t.toFloats()));
      return numbers;
    } finally {
      Parallel.threads(before);
    }
  }
}
