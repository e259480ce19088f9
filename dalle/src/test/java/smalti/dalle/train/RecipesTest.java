package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.dalle.vae.Likelihood;
import smalti.nn.optim.Schedule;

/// Checks that recipes can say what the paper says (Ramesh et al. 2021, appendices A.2 and B.2).
class RecipesTest {
  private static final long PAPER = 3_000_000;

  private static VaeRecipe paper() {
    return VaeRecipe.paper();
  }

  @Test
  void theDivergencesWeightRisesOverFiveThousandUpdates() {
    Schedule beta = paper().betaSchedule();
    assertThat(beta.at(0)).isZero();
    assertThat(beta.at(2500)).isCloseTo(3.3, within(1e-12));
    assertThat(beta.at(5000)).isEqualTo(6.6);
    assertThat(beta.at(PAPER)).isEqualTo(6.6);
  }

  @Test
  void theTemperatureFallsOverTheFirst150000Updates() {
    Schedule tau = paper().tauSchedule();
    assertThat(tau.at(0)).isEqualTo(1);
    assertThat(tau.at(75_000)).isCloseTo((1 + 1.0 / 16) / 2, within(1e-12));
    assertThat(tau.at(150_000)).isEqualTo(1.0 / 16);
    assertThat(tau.at(PAPER)).isEqualTo(1.0 / 16);
  }

  @Test
  void theStepSizeFallsAlongHalfACosine() {
    Schedule lr = paper().lrSchedule();
    assertThat(lr.at(0)).isEqualTo(1e-4);
    assertThat(lr.at(600_000)).isCloseTo((1e-4 + 1.25e-6) / 2, within(1e-15));
    assertThat(lr.at(1_200_000)).isCloseTo(1.25e-6, within(1e-15));
    assertThat(lr.at(PAPER)).isCloseTo(1.25e-6, within(1e-15));
    assertThat(Presets.shapes().vaeRecipe().lrAnneal()).isEqualTo(1);
  }

  @Test
  void allThatIsAnnealedComesTogether() {
    VaeRecipe recipe = paper();
    assertThat(recipe.at(1234).tau()).isEqualTo(recipe.tauSchedule().at(1234));
    assertThat(recipe.at(1234).beta()).isEqualTo(recipe.betaSchedule().at(1234));
    assertThat(recipe.bound().beta()).isEqualTo(1);
    assertThat(recipe.bound().tau()).isEqualTo(1.0 / 16);
  }

  @Test
  void thePapersLikelihoodHasNoFloorAtAnyTime() {
    for (long step : new long[] {0, 5000, PAPER / 4, PAPER}) {
      assertThat(paper().at(step).likelihood())
          .isEqualTo(Likelihood.logitLaplace(Double.NEGATIVE_INFINITY));
    }
    assertThat(paper().crops()).isTrue();
  }

  @Test
  void aSquaredErrorTakesThePlaceOfTheLikelihood() {
    VaeRecipe recipe =
        TinyRun.read(
            TinyRun.fields(Presets.emoji().vaeRecipe()).put("squaredError", 0.1), VaeRecipe.class);
    assertThat(recipe.at(0).likelihood().deviation()).isEqualTo(0.1);
    assertThat(recipe.bound().likelihood().deviation()).isEqualTo(0.1);
  }

  @ParameterizedTest
  @CsvSource({"squaredError, -0.1", "collage, -1", "collage, 2"})
  void refusesWhatDoesNotGoTogether(String name, double value) {
    ObjectNode json = TinyRun.fields(VaeRecipe.paper());
    ObjectNode changed =
        value == Math.rint(value) ? json.put(name, (int) value) : json.put(name, value);
    assertThatThrownBy(() -> TinyRun.read(changed, VaeRecipe.class)).hasMessageContaining(name);
  }

  @Test
  void warmUpRisesToTheFullStepSize() {
    DalleRecipe recipe =
        TinyRun.read(
            TinyRun.fields(Presets.shapes().dalleRecipe())
                .put("steps", 1000L)
                .put("lr", 4.5e-4)
                .put("lrEnd", 4.5e-4 / 32)
                .put("warmup", 0.1),
            DalleRecipe.class);
    Schedule lr = recipe.lrSchedule();
    assertThat(lr.at(0)).isPositive().isCloseTo(4.5e-6, within(1e-12));
    assertThat(lr.at(49)).isCloseTo(2.25e-4, within(1e-12));
    assertThat(lr.at(100)).isCloseTo(4.5e-4, within(1e-12));
    assertThat(lr.at(1000)).isCloseTo(4.5e-4 / 32, within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(strings = {"steps", "batch", "lr"})
  void refusesNumbersThatAreNotPositive(String name) {
    ObjectNode vae = TinyRun.fields(Presets.shapes().vaeRecipe()).put(name, 0);
    ObjectNode dalle = TinyRun.fields(Presets.shapes().dalleRecipe()).put(name, 0);
    assertThatThrownBy(() -> TinyRun.read(vae, VaeRecipe.class)).hasMessageContaining(name);
    assertThatThrownBy(() -> TinyRun.read(dalle, DalleRecipe.class)).hasMessageContaining(name);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1})
  void refusesToDropAllCaptions(double probability) {
    ObjectNode dalle =
        TinyRun.fields(Presets.shapes().dalleRecipe()).put("captionDropout", probability);
    assertThatThrownBy(() -> TinyRun.read(dalle, DalleRecipe.class))
        .hasMessageContaining("captionDropout");
  }

  @Test
  void changingTheStepsChangesNothingElse() {
    RunConfig preset = Presets.emoji();
    RunConfig longer = preset.withSteps(123, 456);
    assertThat(longer.vaeRecipe().steps()).isEqualTo(123);
    assertThat(longer.dalleRecipe().steps()).isEqualTo(456);
    assertThat(longer.withSteps(preset.vaeRecipe().steps(), preset.dalleRecipe().steps()))
        .isEqualTo(preset);
    assertThat(preset.withData("x").withSeed(9).withData(preset.data()).withSeed(preset.seed()))
        .isEqualTo(preset);
  }
}
