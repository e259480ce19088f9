package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Trains the demo on the device and on the CPU for equally many updates from one seed, and judges
/// both; takes minutes where the device is a CPU.
@Tag("slow")
class GpuDemoTest {
  private static final String[] NUMBERS = {
    "vae.heldout_psnr_db",
    "vae.codebook_used_fraction",
    "vae.codebook_perplexity",
    "vae.elbo_nats",
    "dalle.image_bits_per_token_train",
    "dalle.image_bits_per_token_heldout",
    "shapes.exact_match_seen",
    "shapes.exact_match_heldout"
  };

  private static void run(String line) {
    assertThat(Smalti.run(line.split(" ", -1))).as(line).isZero();
  }

  private static double number(JsonNode metrics, String name) {
    return metrics.get(name).asDouble();
  }

  private static JsonNode metrics(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("metrics.json").toFile());
  }

  @Test
  void heldOutAccuracyIsTheCpusForTheSameUpdates(@TempDir Path folder) throws IOException {
    String demo = "demo --data shapes --vae-steps 20 --dalle-steps 20 --out ";
    Path gpu = folder.resolve("gpu");
    Path cpu = folder.resolve("cpu");
    run(demo + gpu + " --device gpu");
    run(demo + cpu + " --device cpu");
    JsonNode onDevice = metrics(gpu);
    JsonNode onCpu = metrics(cpu);
    for (String name : NUMBERS) {
      double expected = number(onCpu, name);
      double allowed = // rounding grows as a training goes on
          switch (name) {
            case "vae.heldout_psnr_db" -> 1;
            case "vae.elbo_nats" -> 0.05 * expected;
            case "vae.codebook_perplexity" -> 1;
            default -> 0.1;
          };
      assertThat(number(onDevice, name)).as(name).isCloseTo(expected, within(allowed));
    }

    run("evaluate --run " + gpu); // the CPU finds the device's numbers in the device's models
    JsonNode again = metrics(gpu);
    for (String name : NUMBERS) {
      double found = number(onDevice, name);
      assertThat(number(again, name))
          .as(name + ", judged by the CPU")
          .isCloseTo(found, within(1e-3 * Math.max(1, Math.abs(found))));
    }
  }
}
