package smalti.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  private static KeyValueCache cache(AttentionPattern pattern, int batch) {
    return new KeyValueCache(pattern, batch, HEADS, TEXT, LENGTH, WIDTH / HEADS);
  }

  private static KeyValueCache cache(int batch) {
    return cache(new AttentionPattern.Causal(), batch);
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
            new AttentionPattern.TransposedColumn(TEXT, 3),
            new AttentionPattern.Conv(TEXT, 3, 3),
            new AttentionPattern.Neighbourhood(TEXT, 3, 3),
            new AttentionPattern.Conv(TEXT, 3, 1));
    AttentionPattern pattern = patterns.get(random.nextInt(patterns.size()));
    MultiHeadAttention a = attention(pattern);
    Tensor x = stream(2);
    Tensor whole = a.forward(Variable.of(x)).value();
    KeyValueCache cache = cache(pattern, 2);
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

  /// Shows that a ring forgets what no later position sees, and nothing else: long streams on grids
  /// of several widths, from prefixes that are shared unevenly, agree with the whole sequence.
  @Test
  void ringsKeepWhatThePatternStillNeeds() {
    int image = 7 * 4 + 2; // the last row is not full
    Map<AttentionPattern, Integer> kept = new LinkedHashMap<>();
    kept.put(new AttentionPattern.Causal(), image);
    kept.put(new AttentionPattern.Row(TEXT, 4), 4 + 1);
    kept.put(new AttentionPattern.Column(TEXT, 4), 4 * 8);
    kept.put(new AttentionPattern.Conv(TEXT, 4, 1), 4 * 1);
    kept.put(new AttentionPattern.Conv(TEXT, 4, 3), 4 * 2);
    kept.put(new AttentionPattern.Conv(TEXT, 4, 5), 4 * 3);
    kept.put(new AttentionPattern.Neighbourhood(TEXT, 4, 3), 4 * 2);
    int[] captions = {1, 1, 0, 1};
    Tensor texts = Random.of(3).normal(Shape.of(2, TEXT, WIDTH));
    Tensor images = Random.of(4).normal(Shape.of(captions.length, image, WIDTH));
    List<Tensor> repeated = new ArrayList<>();
    for (int caption : captions) {
      repeated.add(texts.slice(0, caption, caption + 1));
    }
    Tensor all = Tensor.cat(List.of(Tensor.cat(repeated, 0), images), 1);
    kept.forEach((pattern, positions) -> {
      MultiHeadAttention a = attention(pattern);
      Tensor whole = a.forward(Variable.of(all)).value();
      KeyValueCache first = new KeyValueCache(pattern, 2, HEADS, TEXT, TEXT + image, WIDTH / HEADS);
      step(a, texts, 0, TEXT, first);
      KeyValueCache cache = first.select(captions);
      assertThat(cache.kept()).as("%s", pattern).isEqualTo(positions);
      for (int i = 0; i < image; i++) {
        assertSame(step(a, images, i, i + 1, cache), whole.slice(1, TEXT + i, TEXT + i + 1));
      }
    });
  }

  @Test
  void aPrefixIsSharedWhenItIsComplete() {
    KeyValueCache cache = cache(2);
    step(attention(new AttentionPattern.Causal()), stream(2), 0, TEXT - 1, cache);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> cache.select(new int[] {0}))
        .withMessage("KeyValueCache: only 2 of 3 positions of the prefix are there to be shared");
  }

  @Test
  void thePrefixIsThePatternsText() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> cache(new AttentionPattern.Row(TEXT + 1, 3), 1))
        .withMessage(
            "KeyValueCache: a prefix of 3 does not fit Row[textLength=4, width=3] and a capacity"
                + " of 12");
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
