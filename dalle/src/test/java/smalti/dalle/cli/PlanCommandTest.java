package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.dalle.data.ShapesData;
import smalti.dalle.train.TinyRun;

final class PlanCommandTest {
  private static JsonNode json(Object... args) throws IOException {
    Cli.Outcome outcome = Cli.run(args);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    return new ObjectMapper().readTree(String.join("\n", outcome.out()));
  }

  @Test
  void thePapersNumbersInJson() throws IOException {
    JsonNode plan = json("plan", "--preset", "dalle-12b", "--gpus", 1024, "--tflops", 40, "--json");
    assertThat(plan.at("/parameters/core").longValue()).isEqualTo(12_092_178_432L);
    assertThat(plan.at("/parameters/parts/mlp").longValue()).isEqualTo(8_061_452_288L);
    assertThat(plan.at("/power_sgd/saved").doubleValue()).isCloseTo(0.86, within(0.005));
    assertThat(plan.at("/cache/dense").longValue()).isEqualTo(1_300_234_240L);
    assertThat(plan.at("/layers/row").intValue()).isEqualTo(47);
    assertThat(plan.at("/fits").booleanValue()).isTrue();
    assertThat(plan.at("/seconds_per_run").doubleValue()).isPositive();
    assertThat(plan.at("/job/vae/encoder_parameters").longValue()).isEqualTo(53_786_240);
    assertThat(plan.at("/job/vae/engine/peak").longValue()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dalle-12b", "base", "shapes", "emoji"})
  void aPlanForPeopleHasAllItsParts(String preset) {
    Cli.Outcome outcome = Cli.run("plan", "--preset", preset, "--gpus", 16, "--tflops", 10);
    assertThat(outcome.code()).isZero();
    assertThat(String.join("\n", outcome.out()))
        .contains(
            "parameters",
            "in all",
            "16 devices: 2 machines of 8",
            "TFLOPS",
            "keys and values",
            "stage 1")
        .doesNotContain("null", "NaN");
  }

  @Test
  void aRunsOwnConfigurationIsPlanned(@TempDir Path folder) throws IOException {
    TinyRun.begun(folder, TinyRun.config(ShapesData.NAME, 3, 7));
    JsonNode plan = json("plan", "--run", folder, "--batch", 2, "--json");
    assertThat(plan.at("/job/model/width").intValue()).isEqualTo(16);
    assertThat(plan.at("/job/batch").intValue()).isEqualTo(2);
    assertThat(plan.at("/job/steps").intValue()).isEqualTo(7);
    assertThat(plan.at("/seconds_per_step").isNull()).isTrue();
  }

  @Test
  void whatCannotBePlannedIsSaidInOneLine() {
    for (String[] bad :
        new String[][] {
          {"plan"},
          {"plan", "--preset", "nothing"},
          {"plan", "--preset", "base", "--gpus", "12"},
          {"plan", "--preset", "base", "--run", "x"},
          {"plan", "--run", "nowhere"},
          {"plan", "--preset", "base", "--batch", "0"},
        }) {
      Cli.Outcome outcome = Cli.run((Object[]) bad);
      assertThat(outcome.code()).as(String.join(" ", bad)).isEqualTo(2);
      assertThat(outcome.err()).as(String.join(" ", bad)).hasSize(1);
    }
  }
}
