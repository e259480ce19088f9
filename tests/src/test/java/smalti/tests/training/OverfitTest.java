package smalti.tests.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.dalle.sample.ImageSampler;
import smalti.dalle.sample.Sampling;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Learns one batch by heart: what cannot be memorised is not wired up.
final class OverfitTest {

  @Test
  void theVaeReconstructsItsOnlyPictures() {
    DiscreteVae model = new DiscreteVae(SmallRun.VAE, Random.of(1));
    Tensor pixels = SmallRun.pictures(16);
    double before = SmallRun.squaredError(model.decode(model.encode(pixels)), pixels);
    DiscreteVae.Loss loss = SmallRun.vae(model, pixels, 150, 5e-3);
    double after = SmallRun.squaredError(model.decode(model.encode(pixels)), pixels);
    assertThat(loss.nll()).as("nats per channel value").isLessThan(-1.8);
    assertThat(after).as("squared error through hard tokens").isLessThan(before / 7);
  }

  /// The text cannot all be foreseen, as the first token of a caption is any; the image can, from
  /// the caption.
  @Test
  void theTransformerKnowsItsOnlyPicturesByTheirCaptions() {
    TransformerConfig c = SmallRun.transformer(0);
    SparseTransformer model = new SparseTransformer(c, Random.of(1));
    Tensor text = SmallRun.text(c, 6);
    Tensor image = SmallRun.image(c, 6);
    SmallRun.transformer(model, text, image, 100, 5e-3);
    SparseTransformer.Loss loss = Autograd.noGrad(() -> model.loss(text, image, Pass.inference()));
    assertThat(loss.image()).as("image loss, at first %s", Math.log(16)).isLessThan(0.02);
    ImageSampler sampler = new ImageSampler(model, Sampling.greedy());
    for (int b = 0; b < 6; b++) {
      int[] caption = {b, (7 * b + 3) % c.textVocabulary()};
      Tensor drawn = sampler.sample(List.of(ImageSampler.Request.of(caption, 0, 0)), n -> {});
      assertThat(drawn.toInts()).containsExactly(image.select(0, b).toInts());
    }
  }
}
