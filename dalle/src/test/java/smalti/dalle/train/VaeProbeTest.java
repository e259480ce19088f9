package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smalti.dalle.data.ShapesData;
import smalti.dalle.vae.Autoencoder;
import smalti.dalle.vae.CodeUse;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.Parameter;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Checks what is reported of a codebook while it is trained.
class VaeProbeTest {
  private static final RunConfig CONFIG = TinyRun.config(ShapesData.NAME, 40, 1);
  private static PictureSet pictures;

  @BeforeAll
  static void read() throws IOException {
    pictures = TinyRun.pictures(CONFIG);
  }

  @Test
  void usePerplexityAndDeadCodesAreCounted() {
    CodeUse use = CodeUse.of(Tensor.of(new int[] {0, 0, 3, 3, 3, 3}, 2, 3), 5);
    assertThat(use.counts()).containsExactly(2, 0, 0, 4, 0);
    assertThat(use.dead()).isEqualTo(3);
    assertThat(use.used()).isCloseTo(0.4, within(1e-12));
    double entropy = -(Math.log(1.0 / 3) / 3 + 2 * Math.log(2.0 / 3) / 3);
    assertThat(use.perplexity()).isCloseTo(Math.exp(entropy), within(1e-12));
    assertThat(new CodeUse(new long[] {7, 7, 7, 7}).perplexity()).isCloseTo(4, within(1e-12));
    assertThat(new CodeUse(new long[] {0, 9}).perplexity()).isCloseTo(1, within(1e-12));
  }

  @Test
  void aTwentiethOfTheRunLiesBetweenTwoLooks() {
    VaeTrainer<DiscreteVae> trainer = TinyRun.vaeTrainer(CONFIG, pictures);
    List<Long> looks = new ArrayList<>();
    while (trainer.done() < trainer.steps()) {
      long step = trainer.done();
      Map<String, Double> numbers = trainer.advance();
      assertThat(numbers)
          .containsKeys("elbo", "relaxed_elbo", "code_usage", "perplexity", "dead_codes");
      if (!Double.isNaN(numbers.get("elbo"))) {
        looks.add(step);
        double used = numbers.get("code_usage");
        assertThat(numbers.get("dead_codes")).isCloseTo(16 * (1 - used), within(1e-9));
        assertThat(numbers.get("perplexity")).isBetween(1.0, 16 * used + 1e-9);
        assertThat(numbers.get("relaxed_elbo")).isFinite();
      }
    }
    assertThat(looks).hasSize(21).startsWith(0L, 2L, 4L).endsWith(36L, 38L, 39L);
  }

  /// At a temperature near 0 both bounds are one; at a high one they are not.
  @Test
  void theBoundsMeetAsTheTemperatureFalls() {
    DiscreteVae model = new DiscreteVae(CONFIG.vae(), Random.of(1));
    VaeProbe probe = new VaeProbe(model, CONFIG.vaeRecipe(), pictures, Random.of(5));
    double far = gap(probe.at(0, new DiscreteVae.Annealing(4, 1, 0, -1, false)));
    double near = gap(probe.at(0, new DiscreteVae.Annealing(1e-3, 1, 0, -1, false)));
    assertThat(near).isLessThan(0.2 * far);
  }

  private static double gap(Map<String, Double> numbers) {
    return Math.abs(numbers.get("elbo") - numbers.get("relaxed_elbo"));
  }

  /// A collapse is forced: one code's bias is so large that it is always chosen.
  @Test
  void aCollapsedCodebookIsWarnedOf() {
    VaeTrainer<DiscreteVae> trainer = TinyRun.vaeTrainer(CONFIG, pictures);
    Parameter bias = trainer.model().namedParameters().get("encoder.blocks.output.conv.b");
    bias.value().storage().set(3, 1e4);
    for (int step = 0; step < 8; step++) {
      assertThat(trainer.advance().getOrDefault("perplexity", 0.0)).isIn(1.0, Double.NaN);
      assertThat(trainer.warning()).as("it is early").isNull();
    }
    trainer.advance();
    assertThat(trainer.warning())
        .startsWith("the codebook collapses: 1 of 16 codes are in use, with a perplexity of 1.0");
  }

  /// The first codes of a codebook share what is counted, one of them taking most of it or none.
  @ParameterizedTest
  @CsvSource({
    "16, 1, 0, true", // one code for all
    "16, 2, 0, false",
    "16, 2, 4000, true", // a second one that hardly occurs
    "512, 60, 0, false",
    "512, 50, 0, true", // less than a tenth of the codes
    "512, 60, 40000, true", // a perplexity below 512/50
  })
  void aCollapseIsFewCodesInUseOrFewThatCarryAll(int codes, int used, int more, boolean is) {
    long[] counts = new long[codes];
    Arrays.fill(counts, 0, used, 100);
    counts[0] += more;
    assertThat(new CodeUse(counts).collapsed()).isEqualTo(is);
  }

  /// Of 512 codes no more than 64 can occur at 64 places.
  @Test
  void codesThatCouldNotOccurAreNotMissed() {
    long[] counts = new long[512];
    Arrays.fill(counts, 0, 30, 2);
    assertThat(new CodeUse(counts).collapsed()).isFalse();
  }

  @Test
  void relativesReportWhatTheyHave() {
    Map<String, Double> vq = first(Autoencoder.Kind.VQ);
    assertThat(vq).containsKeys("code_usage", "perplexity").doesNotContainKey("elbo");
    assertThat(vq.get("perplexity")).isBetween(1.0, 16.0);
    assertThat(first(Autoencoder.Kind.AE)).doesNotContainKey("perplexity").containsKey("nll");
    assertThat(first(Autoencoder.Kind.GAUSSIAN).get("kl")).isPositive();
  }

  private static Map<String, Double> first(Autoencoder.Kind kind) {
    Autoencoder model = kind.create(CONFIG.vae(), Random.of(1));
    return new VaeTrainer<>(model, CONFIG.vaeRecipe(), pictures, Random.of(2)).advance();
  }
}
