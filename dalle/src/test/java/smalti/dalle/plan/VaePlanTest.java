package smalti.dalle.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.dalle.train.Presets;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.VaeConfig;
import smalti.tensor.Random;

/// Compares plans of the first stage with the published model, and with models that are made.
final class VaePlanTest {
  @Test
  void thePublishedModelIsTheOneCounted() {
    VaePlan plan = VaePlan.published();
    assertThat(plan.encoderParameters()).isEqualTo(53_786_240);
    assertThat(plan.decoderParameters()).isEqualTo(43_829_766);
    assertThat(plan.encoderOperations() / 2e9).isCloseTo(136.1, within(0.05));
    // 152.9 for chosen codes, and 1.07 for the product with relaxed ones
    assertThat(plan.decoderOperations() / 2e9).isCloseTo(152.9 + 1.07, within(0.06));
    assertThat(plan.operationsPerRun())
        .isCloseTo(3 * 512 * 3e6 * 2 * (136.1e9 + 154e9), within(2e18));
  }

  @Test
  void parametersAreThoseOfModelsThatAreMade() {
    VaeConfig.Scales scales = new VaeConfig.Scales(true, 8, 0.5, 0.5, 1);
    for (VaeConfig c :
        List.of(
            Presets.shapes().vae(),
            Presets.emoji().vae(),
            new VaeConfig(16, 1, 3, 8, 1, 8, 5, scales),
            new VaeConfig(16, 2, 2, 12, 7, 12, 9, scales))) {
      VaePlan plan = VaePlan.of(c, 8, 10);
      assertThat(plan.encoderParameters() + plan.decoderParameters())
          .isEqualTo(new DiscreteVae(c, Random.of(1)).parameterCount());
      assertThat(plan.engine().parameters())
          .isEqualTo(4 * (plan.encoderParameters() + plan.decoderParameters()));
    }
  }

  @Test
  void activationsGrowWithTheBatchAndParametersDoNot() {
    VaeMemory one = VaeMemory.of(Presets.emoji().vae(), 1);
    VaeMemory eight = VaeMemory.of(Presets.emoji().vae(), 8);
    assertThat(eight.activations()).isEqualTo(8 * one.activations());
    assertThat(eight.moments()).isEqualTo(one.moments());
    assertThat(eight.peak()).isGreaterThan(eight.activations());
  }
}
