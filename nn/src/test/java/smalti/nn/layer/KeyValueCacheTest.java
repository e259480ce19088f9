package smalti.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import smalti.autograd.Variable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;

final class KeyValueCacheTest {
  private static final int WIDTH = 6;
  private static final int HEADS = 2;
  private static final int TEXT = 3;
  private static final int LENGTH = TEXT + 9;

  private static MultiHeadAttention attention(AttentionPattern pattern) {
    return new MultiHeadAttention(WIDTH, HEADS, pattern, Random.of(1));
  }

  private static Tensor stream(int batch) {
    return Random.of(2).normal(Shape.of(batch, LENGTH, WIDTH));
  }

  private static KeyValueCache cache(int batch) {
    return new KeyValueCache(batch, HEADS, LENGTH, WIDTH / HEADS);
  }

  private static Tensor step(MultiHeadAttention a, Tensor x, int from, int to, KeyValueCache c) {
    return a.attend(Variable.of(x.slice(1, from, to)), c).value();
  }

  private static void assertSame(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.toFloats()).containsExactly(expected.toFloats(), within(2e-6f));
  }

  @Property(tries = 40)
  void anyCutIntoStepsGivesTheWholeSequence(@ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    Random random = Random.of(seed);
    List<AttentionPattern> patterns =
        List.of(
            new AttentionPattern.Causal(),
            new AttentionPattern.Row(TEXT, 3),
            new AttentionPattern.Column(TEXT, 3),
            new AttentionPattern.Conv(TEXT, 3, 3));
    MultiHeadAttention a = attention(patterns.get(random.nextInt(patterns.size())));
    Tensor x = stream(2);
    Tensor whole = a.forward(Variable.of(x)).value();
    KeyValueCache cache = cache(2);
    while (cache.length() < LENGTH) {
      int from = cache.length();
      int to = from + 1 + random.nextInt(LENGTH - from);
      assertSame(step(a, x, from, to, cache), whole.slice(1, from, to));
      assertThat(cache.length()).isEqualTo(to);
    }
  }

  @Test
  void selectCopiesRowsWhichThenGoTheirOwnWay() {
    MultiHeadAttention a = attention(new AttentionPattern.Causal());
    Tensor x = stream(3);
    Tensor whole = a.forward(Variable.of(x)).value();
    KeyValueCache first = cache(3);
    step(a, x, 0, 5, first);
    KeyValueCache chosen = first.select(new int[] {2, 0, 2, 1});
    assertThat(chosen.length()).isEqualTo(5);
    Tensor mixed =
        Tensor.cat(List.of(x.slice(0, 2, 3), x.slice(0, 0, 1), stream(1), x.slice(0, 1, 2)), 0);
    Tensor next = step(a, mixed, 5, 6, chosen);
    assertSame(next.slice(0, 0, 1), whole.slice(0, 2, 3).slice(1, 5, 6));
    assertSame(next.slice(0, 1, 2), whole.slice(0, 0, 1).slice(1, 5, 6));
    assertSame(next.slice(0, 3, 4), whole.slice(0, 1, 2).slice(1, 5, 6));
    assertThat(first.length()).isEqualTo(5);
    assertSame(step(a, x, 5, LENGTH, first), whole.slice(1, 5, LENGTH));
  }

  @Test
  void aFullCacheRefusesMoreAndStaysAsItWas() {
    MultiHeadAttention a = attention(new AttentionPattern.Causal());
    Tensor x = stream(1);
    KeyValueCache cache = cache(1);
    step(a, x, 0, LENGTH - 1, cache);
    assertThatExceptionOfType(ShapeException.class)
        .isThrownBy(() -> step(a, x, 0, 2, cache))
        .withMessage("KeyValueCache: 13 positions do not fit a capacity of 12");
    assertSame(
        step(a, x, LENGTH - 1, LENGTH, cache),
        a.forward(Variable.of(x)).value().slice(1, LENGTH - 1, LENGTH));
  }

  @Test
  void headsDivideTheWidth() {
    assertThatExceptionOfType(ShapeException.class)
        .isThrownBy(() -> new MultiHeadAttention(6, 4, new AttentionPattern.Full(), Random.of(0)))
        .withMessage("MultiHeadAttention: 4 heads do not divide the width 6");
  }
}
