package smalti.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

final class MultiHeadAttentionTest {
  private static final int TEXT = 3;
  private static final int LENGTH = TEXT + 16;
  private static final int WIDTH = 8;

  static List<AttentionPattern> patterns() {
    return List.of(
        new AttentionPattern.Full(),
        new AttentionPattern.Causal(),
        new AttentionPattern.Row(TEXT, 4),
        new AttentionPattern.Column(TEXT, 4),
        new AttentionPattern.Conv(TEXT, 4, 3));
  }

  /// Changes one position at a time: a position's output is another exactly where the pattern lets
  /// it see the changed one, and the same bits elsewhere.
  @ParameterizedTest
  @MethodSource("patterns")
  void outputsDependOnTheAllowedPositionsOnly(AttentionPattern pattern) {
    for (Backend backend : List.of(Backends.reference(), Backends.current())) {
      Backends.with(backend, () -> assertDependencies(pattern));
    }
  }

  private static void assertDependencies(AttentionPattern pattern) {
    MultiHeadAttention layer = new MultiHeadAttention(WIDTH, 2, pattern, Random.of(1));
    Tensor x = Random.of(2).normal(Shape.of(1, LENGTH, WIDTH));
    float[] before = run(layer, x);
    for (int key = 0; key < LENGTH; key++) {
      Tensor changed = x.copy();
      for (int i = 0; i < WIDTH; i++) {
        changed.storage().set(key * WIDTH + i, x.get(0, key, i) + 1 + 0.1 * i);
      }
      float[] after = run(layer, changed);
      for (int query = 0; query < LENGTH; query++) {
        boolean same =
            Arrays.equals(
                before,
                query * WIDTH,
                (query + 1) * WIDTH,
                after,
                query * WIDTH,
                (query + 1) * WIDTH);
        assertThat(same)
            .as(
                "%s: %s, position %d after a change of %d",
                Backends.current().name(), pattern, query, key)
            .isEqualTo(!pattern.allows(query, key));
      }
    }
  }

  private static float[] run(MultiHeadAttention layer, Tensor x) {
    return Autograd.noGrad(() -> layer.forward(Variable.of(x)).value()).toFloats();
  }
}
