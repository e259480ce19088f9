package smalti.dalle.vae;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import smalti.tensor.Random;
import smalti.tensor.Shape;

/// Compares names, shapes and counts with the 150 tensors of the published model.
final class PublishedTensorsTest {

  private static Map<String, Shape> published() throws IOException {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    String name = "published-tensors.txt";
    try (InputStream in =
        Objects.requireNonNull(PublishedTensorsTest.class.getResourceAsStream(name))) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().filter(l -> !l.startsWith("#")).toList()) {
        String[] words = line.split(" ", -1);
        int[] sizes = Arrays.stream(words).skip(1).mapToInt(Integer::parseInt).toArray();
        shapes.put(words[0], Shape.of(sizes));
      }
    }
    return shapes;
  }

  private static long count(Map<String, Shape> shapes, String prefix) {
    return shapes.entrySet().stream()
        .filter(e -> e.getKey().startsWith(prefix))
        .mapToLong(e -> e.getValue().elements())
        .sum();
  }

  private static Map<String, Shape> ours(VaeConfig config) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    new DiscreteVae(config, Random.of(0))
        .namedParameters()
        .forEach((name, p) -> shapes.put(name, p.shape()));
    return shapes;
  }

  @Test
  void theListHasThePublishedCounts() throws IOException {
    Map<String, Shape> all = published();
    assertThat(all.keySet().stream().filter(n -> n.startsWith("encoder."))).hasSize(74);
    assertThat(all.keySet().stream().filter(n -> n.startsWith("decoder."))).hasSize(76);
    assertThat(count(all, "encoder.")).isEqualTo(53_786_240);
    assertThat(count(all, "decoder.")).isEqualTo(43_829_766);
  }

  /// A model 16 times narrower has the published names, and shapes with every width divided by 16.
  @Test
  void namesAndShapesArePublishedOnesWhenAllWidthsAreScaled() throws IOException {
    VaeConfig big = VaeConfig.openai();
    VaeConfig small =
        new VaeConfig(
            big.imageSize(),
            big.groups(),
            big.blocksPerGroup(),
            big.hidden() / 16,
            big.inputKernel(),
            big.codeWidth() / 16,
            big.vocabulary() / 16,
            big.scales());
    Map<String, Shape> expected = new LinkedHashMap<>();
    published()
        .forEach((name, shape) -> {
          int[] sizes = shape.toArray();
          for (int i = 0; i < Math.min(2, sizes.length); i++) {
            // 3 colours and 6 maps are no widths
            sizes[i] = sizes[i] < 64 ? sizes[i] : sizes[i] / 16;
          }
          expected.put(name, Shape.of(sizes));
        });
    assertThat(ours(small)).containsExactlyEntriesOf(expected);
  }

  @Test
  @Tag("slow") // holds 400 MB of weights
  void theWholeModelIsThePublishedOne() throws IOException {
    Map<String, Shape> model = ours(VaeConfig.openai());
    assertThat(model).containsExactlyEntriesOf(published());
    assertThat(count(model, "")).isEqualTo(97_616_006);
  }

  @Test
  void thePublishedSizesFollowFromTheConfig() {
    VaeConfig c = VaeConfig.openai();
    assertThat(c.factor()).isEqualTo(8);
    assertThat(c.gridSize()).isEqualTo(32);
    assertThat(c.tokens()).isEqualTo(1024);
    assertThat(c.scales().encoderGain()).isEqualTo(1.0 / 64);
  }
}
