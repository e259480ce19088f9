package smalti.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

/// Compares the device's random numbers with those of the CPU's backend: the same bits, but for the
/// logarithm and the cosine of normal numbers.
class GpuRandomTest {
  private static final long[] KEYS = {0, 1, 42, -1, 0x0123456789abcdefL, Long.MIN_VALUE};
  private static final int LENGTH = 100_003; // no multiple of a block
  private static final Backend GPU = new GpuProvider().create();
  private static final Backend CPU = Backends.current();

  private interface Fill {
    void into(Backend backend, Tensor out);
  }

  private static float[] numbers(Backend backend, Fill fill) {
    return Backends.with(
        backend,
        () -> {
          Tensor out = Tensor.zeros(LENGTH);
          fill.into(backend, out);
          return out.toFloats();
        });
  }

  @Test
  void uniformNumbersAreTheSameBits() {
    for (long key : KEYS) {
      Fill uniform = (b, out) -> b.uniform(key, out);
      assertThat(numbers(GPU, uniform)).as("key %d", key).isEqualTo(numbers(CPU, uniform));
    }
  }

  /// What is dropped is decided by the uniform numbers; one that is equal to the probability stays.
  @Test
  void dropoutDropsTheSameAndKeepsTheSameBits() {
    float[] data = numbers(CPU, (b, out) -> b.normal(7, out));
    for (long key : KEYS) {
      double drawn = numbers(CPU, (b, out) -> b.uniform(key, out))[12_345];
      for (double p : new double[] {0, 0.1, 1.0 / 3, drawn, Math.nextUp(drawn), 0.9}) {
        Fill dropout = (b, out) -> b.dropout(Tensor.of(data, LENGTH), key, p, out);
        assertThat(numbers(GPU, dropout))
            .as("key %d, p %s", key, p)
            .isEqualTo(numbers(CPU, dropout));
      }
    }
  }

  @Test
  void normalNumbersAreTheSameUpToRounding() {
    int equal = 0;
    for (long key : KEYS) {
      Fill normal = (b, out) -> b.normal(key, out);
      float[] expected = numbers(CPU, normal);
      float[] actual = numbers(GPU, normal);
      for (int i = 0; i < LENGTH; i++) {
        float most = 4 * Math.ulp(Math.max(0.5f, Math.abs(expected[i])));
        assertThat(actual[i]).isBetween(expected[i] - most, expected[i] + most);
        equal += actual[i] == expected[i] ? 1 : 0;
      }
    }
    System.out.printf(
        "normal: %.1f %% of %d numbers have the CPU's bits%n",
        100.0 * equal / (KEYS.length * LENGTH), KEYS.length * LENGTH);
    assertThat(equal).isGreaterThan(KEYS.length * LENGTH / 2);
  }
}
