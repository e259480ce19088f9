package smalti.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

/// Compares the transformer with a PyTorch port at a tiny size: four layers of all three patterns,
/// captions with and without pads.
final class TransformerGoldenTest {
  static final TransformerConfig CONFIG =
      new TransformerConfig(3, 5, 3, 7, 12, 4, 3, TransformerConfig.Attention.SPARSE, 3, 0, 0);
  private static final Golden GOLDEN = Golden.read("transformer");
  private static final double TOLERANCE = 1e-5;

  /// Biases of attention keys have no gradient but rounding, and tokens that do not occur none.
  private static final double ROUNDING = 1e-7;

  private static SparseTransformer model() {
    SparseTransformer model = new SparseTransformer(CONFIG, Random.of(0));
    model.load(GOLDEN.under("param/").tensors());
    return model;
  }

  @Test
  void scoresLossesAndAllGradientsAgree() {
    for (Backend backend : List.of(Backends.reference(), Backends.current())) {
      Backends.with(backend, TransformerGoldenTest::compare);
    }
  }

  private static void compare() {
    SparseTransformer model = model();
    Tensor text = GOLDEN.get("in/text");
    Tensor image = GOLDEN.get("in/image");
    SparseTransformer.Logits logits =
        Autograd.noGrad(() -> model.forward(text, image, Pass.inference()));
    GOLDEN.assertClose("out/text_logits", logits.text().value(), TOLERANCE);
    GOLDEN.assertClose("out/image_logits", logits.image().value(), TOLERANCE);
    SparseTransformer.Loss loss = model.loss(text, image, Pass.training(Random.of(0)));
    assertThat(loss.text()).isCloseTo(GOLDEN.get("out/text").item(), within(1e-5));
    assertThat(loss.image()).isCloseTo(GOLDEN.get("out/image").item(), within(1e-5));
    GOLDEN.assertClose("out/loss", loss.loss().value(), TOLERANCE);
    GOLDEN.assertGradients(model, Autograd.backward(loss.loss()), TOLERANCE, ROUNDING);
  }

  @Test
  void samplingSeesTheSameScores() {
    SparseTransformer.Decoding decoding = model().read(GOLDEN.get("in/text"));
    Tensor image = GOLDEN.get("in/image");
    Tensor previous = image.select(1, 0).contiguous(); // ignored
    Tensor scores = Tensor.zeros(GOLDEN.get("out/image_logits").shape(), previous.dtype());
    for (int slot = 0; slot < CONFIG.imageLength(); slot++) {
      Tensor row = decoding.next(previous);
      scores =
          slot == 0
              ? row.reshape(row.dim(0), 1, row.dim(1))
              : Tensor.cat(List.of(scores, row.reshape(row.dim(0), 1, row.dim(1))), 1);
      previous = image.select(1, slot).contiguous();
    }
    GOLDEN.assertClose("out/image_logits", scores, TOLERANCE);
  }
}
