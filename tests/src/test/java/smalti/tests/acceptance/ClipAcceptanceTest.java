package smalti.tests.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import smalti.dalle.family.Clip;
import smalti.tensor.Random;
import smalti.tensor.Shape;

/// Holds acceptance test 15.
final class ClipAcceptanceTest {

  /// Acceptance test 15: CLIP ViT-B/32 has 151,277,313 parameters. The model is really made, 600 MB
  /// of it.
  @Tag("slow")
  @Test
  void test15ClipVitB32Has151277313Parameters() {
    Clip clip = new Clip(Clip.Config.vitB32(), Random.of(1));
    assertThat(clip.parameterCount()).isEqualTo(151_277_313);
    assertThat(clip.state()).hasSize(302);
    assertThat(clip.state().get("visual.proj").shape()).isEqualTo(Shape.of(768, 512));
    assertThat(clip.state().get("visual.positional_embedding").shape())
        .isEqualTo(Shape.of(50, 768));
  }
}
