package smalti.dalle.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenSamplerTest {
  private static final int DRAWS = 10_000;

  /// Probabilities 0.1, 0.4, 0.05, 0.25, 0.2.
  private static final float[] LOGITS = {
    (float) Math.log(0.1),
    (float) Math.log(0.4),
    (float) Math.log(0.05),
    (float) Math.log(0.25),
    (float) Math.log(0.2)
  };

  /// Returns the share of the unit interval that draws each token.
  private static double[] shares(float[] logits, Sampling sampling) {
    double[] share = new double[logits.length];
    for (int i = 0; i < DRAWS; i++) {
      share[TokenSampler.draw(logits, sampling, (i + 0.5) / DRAWS)] += 1.0 / DRAWS;
    }
    return share;
  }

  private static TreeSet<Integer> drawn(Sampling sampling) {
    TreeSet<Integer> set = new TreeSet<>();
    double[] share = shares(LOGITS, sampling);
    for (int i = 0; i < share.length; i++) {
      if (share[i] > 0) {
        set.add(i);
      }
    }
    return set;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.3, 1, 2.5})
  void tokensAreDrawnWithTheProbabilitiesOfTheTemperedSoftmax(double temperature) {
    double[] share = shares(LOGITS, new Sampling(temperature, 0, 1));
    double sum = 0;
    for (float logit : LOGITS) {
      sum += Math.exp(logit / temperature);
    }
    for (int i = 0; i < share.length; i++) {
      assertThat(share[i]).isCloseTo(Math.exp(LOGITS[i] / temperature) / sum, within(2.0 / DRAWS));
    }
  }

  @Test
  void temperatureZeroTakesTheFirstMostLikely() {
    assertThat(drawn(Sampling.greedy())).containsExactly(1);
    assertThat(TokenSampler.draw(new float[] {1, 3, 3}, Sampling.greedy(), 0.99)).isEqualTo(1);
    assertThat(shares(LOGITS, new Sampling(1e-6, 0, 1))[1]).isCloseTo(1, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1 3", "3, 1 3 4", "4, 0 1 3 4", "5, 0 1 2 3 4", "9, 0 1 2 3 4"})
  void topKKeepsTheKMostLikely(int k, String kept) {
    assertThat(drawn(new Sampling(1, k, 1))).isEqualTo(numbers(kept));
  }

  @ParameterizedTest
  @CsvSource({
    "0.01, 1",
    "0.39, 1",
    "0.41, 1 3",
    "0.64, 1 3",
    "0.66, 1 3 4",
    "0.86, 0 1 3 4",
    "0.96, 0 1 2 3 4",
    "1, 0 1 2 3 4"
  })
  void topPKeepsTheMostLikelyThatReachIt(double p, String kept) {
    assertThat(drawn(new Sampling(1, 0, p))).isEqualTo(numbers(kept));
  }

  private static TreeSet<Integer> numbers(String text) {
    TreeSet<Integer> set = new TreeSet<>();
    for (String word : text.split(" ", -1)) {
      set.add(Integer.parseInt(word));
    }
    return set;
  }

  @Test
  void whatIsKeptIsDrawnInProportion() {
    double[] share = shares(LOGITS, new Sampling(1, 2, 1));
    assertThat(share[1]).isCloseTo(0.4 / 0.65, within(2.0 / DRAWS));
    assertThat(share[3]).isCloseTo(0.25 / 0.65, within(2.0 / DRAWS));
  }

  /// Top-p acts on the probabilities that top-k left: 0.4/0.65 = 0.62 of two tokens reach 0.6.
  @Test
  void topKActsBeforeTopP() {
    assertThat(drawn(new Sampling(1, 2, 0.6))).containsExactly(1);
    assertThat(drawn(new Sampling(1, 0, 0.6))).containsExactly(1, 3);
  }

  @Test
  void temperatureActsBeforeTopP() {
    assertThat(drawn(new Sampling(0.2, 0, 0.6))).containsExactly(1);
  }

  @Test
  void tokensOfNoProbabilityAreNeverDrawn() {
    float[] logits = {Float.NEGATIVE_INFINITY, 0, Float.NEGATIVE_INFINITY};
    assertThat(shares(logits, Sampling.paper()))
        .containsExactly(new double[] {0, 1, 0}, within(1e-9));
    assertThat(TokenSampler.draw(logits, Sampling.paper(), 0)).isEqualTo(1);
    assertThat(TokenSampler.draw(logits, Sampling.paper(), Math.nextDown(1.0))).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void scoresThatAreNotNumbersAreRefused(int at) {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      float[] logits = {1, 2, 3};
      logits[at] = bad;
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TokenSampler.draw(logits, Sampling.paper(), 0.5))
          .withMessageContaining("not finite");
    }
  }

  @Test
  void settingsAreChecked() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Sampling(-1, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Sampling(Double.NaN, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Sampling(1, -1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Sampling(1, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new Sampling(1, 0, 1.1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Sampling(1, 0, 1, -1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Sampling(1, 0, 1, Double.NaN));
  }
}
