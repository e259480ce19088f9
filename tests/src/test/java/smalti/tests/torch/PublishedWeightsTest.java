package smalti.tests.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.PublishedWeights;
import smalti.dalle.vae.VaeConfig;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.io.SafeTensors;

/// Loads whole modules pickled under the published names, as `encoder.pkl` and `decoder.pkl` are.
final class PublishedWeightsTest {
  @TempDir private Path folder;

  private static Path file(String name) {
    return Path.of(
        URI.create(
            Objects.requireNonNull(PublishedWeightsTest.class.getResource("/torch/" + name))
                .toString()));
  }

  @ParameterizedTest
  @CsvSource({
    "encoder-zip.pt, decoder-zip.pt",
    "encoder-stream.pt, decoder-zip.pt",
    "decoder-stream.pt, encoder-stream.pt",
    "encoder.safetensors, decoder-stream.pt"
  })
  void sizesAndWeightsAreThoseOfTheFiles(String one, String other) throws IOException {
    DiscreteVae vae = PublishedWeights.load(List.of(file(one), file(other)), 16);
    assertThat(vae.config())
        .isEqualTo(new VaeConfig(16, 2, 2, 8, 7, 6, 10, VaeConfig.Scales.published(4, 10)));
    for (String part : new String[] {"encoder", "decoder"}) {
      SafeTensors.read(file(part + ".safetensors"))
          .tensors()
          .forEach((name, expected) -> {
            Tensor loaded = vae.state().get(part + "." + name);
            assertThat(loaded.toFloats()).as(name).isEqualTo(expected.toFloats());
          });
    }
    Tensor pixels = Random.of(1).uniform(Shape.of(2, 3, 16, 16));
    assertThat(vae.reconstruct(pixels).shape()).isEqualTo(Shape.of(2, 3, 16, 16));
  }

  @Test
  void oneFileMayHoldBoth() throws IOException {
    DiscreteVae vae =
        PublishedWeights.load(List.of(file("encoder-zip.pt"), file("decoder-zip.pt")), 8);
    Path both = folder.resolve("both.safetensors");
    new SafeTensors(vae.state(), Map.of()).write(both);
    DiscreteVae again = PublishedWeights.load(List.of(both), 8);
    assertThat(again.config()).isEqualTo(vae.config());
    Tensor pixels = Random.of(1).uniform(Shape.of(1, 3, 8, 8));
    assertThat(again.logits(pixels).toFloats()).isEqualTo(vae.logits(pixels).toFloats());
  }

  @Test
  void whatIsNoWholeModelIsRefused() throws IOException {
    assertThatThrownBy(() -> PublishedWeights.load(List.of(file("encoder-zip.pt")), 8))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the decoder is missing, or has no decoder.blocks.input.w");
    assertThatThrownBy(() ->
            PublishedWeights.load(List.of(file("encoder-zip.pt"), file("encoder-stream.pt")), 8))
        .hasMessageContaining("encoder-stream.pt: holds the encoder.blocks.input.w again");
    assertThatThrownBy(() -> PublishedWeights.load(List.of(file("kinds-zip.pt")), 8))
        .hasMessageContaining("kinds-zip.pt: is no published encoder or decoder");
    Map<String, Tensor> state =
        new LinkedHashMap<>(SafeTensors.read(file("decoder.safetensors")).tensors());
    state.remove("blocks.group_2.block_1.id_path.b");
    Path lacking = folder.resolve("lacking.safetensors");
    new SafeTensors(state, Map.of()).write(lacking);
    assertThatThrownBy(() -> PublishedWeights.load(List.of(file("encoder-zip.pt"), lacking), 8))
        .hasMessageContaining("decoder.blocks.group_2.block_1.id_path.b is missing");
  }
}
