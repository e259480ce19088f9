package smalti.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.dalle.vae.Decoder;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.Encoder;
import smalti.dalle.vae.LogitLaplace;
import smalti.dalle.vae.VaeConfig;
import smalti.nn.Module;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Compares the dVAE with a PyTorch port of the published code at a tiny size.
final class VaeGoldenTest {
  private static final Golden GOLDEN = Golden.read("vae");
  private static final VaeConfig CONFIG =
      new VaeConfig(8, 2, 2, 8, 7, 6, 10, VaeConfig.Scales.published(4, 10));
  private static final double TOLERANCE = 1e-5;
  private static final double TAU = 0.7;
  private static final double BETA = 6.6;

  /// Is the model in two parts, so that the file's own Gumbel noise can go between them.
  private static final class Parts extends Module {
    final Encoder encoder = child("encoder", new Encoder(CONFIG, Random.of(0)));
    final Decoder decoder = child("decoder", new Decoder(CONFIG, Random.of(0)));
  }

  @Test
  void theRelaxedBoundAndAllItsGradientsAgree() {
    compareBound();
    Backends.with(Backends.reference(), VaeGoldenTest::compareBound);
  }

  private static void compareBound() {
    Parts model = new Parts();
    model.load(GOLDEN.under("param/").tensors());
    Tensor x = LogitLaplace.squeeze(GOLDEN.get("in/pixels"));
    Variable logits = model.encoder.forward(Variable.of(x));
    GOLDEN.assertClose("out/logits", logits.value(), TOLERANCE);
    Variable noise = Variable.of(GOLDEN.get("in/noise"));
    Variable codes = logits.add(noise).mul(1 / TAU).softmax(-1);
    GOLDEN.assertClose("out/codes", codes.value(), TOLERANCE);
    Variable maps = model.decoder.forward(codes);
    GOLDEN.assertClose("out/maps", maps.value(), TOLERANCE);
    Variable nll = LogitLaplace.negativeLogLikelihood(maps, x, Double.NEGATIVE_INFINITY);
    GOLDEN.assertClose("out/nll", nll.value(), TOLERANCE);
    Variable kl = DiscreteVae.divergence(logits);
    GOLDEN.assertClose("out/kl", kl.value(), TOLERANCE);
    Variable loss = nll.add(kl.mul(BETA / (3 * 2 * 2)));
    GOLDEN.assertClose("out/loss", loss.value(), TOLERANCE);
    GOLDEN.assertGradients(model, Autograd.backward(loss), TOLERANCE, 0);
  }

  @Test
  void tokensAndReconstructionsAgree() {
    DiscreteVae vae = new DiscreteVae(CONFIG, Random.of(0));
    vae.load(GOLDEN.under("param/").tensors());
    Tensor pixels = GOLDEN.get("in/pixels");
    GOLDEN.assertClose("out/logits", vae.logits(pixels), TOLERANCE);
    Tensor tokens = vae.encode(pixels);
    assertThat(tokens.toInts()).containsExactly(GOLDEN.get("out/tokens").toInts());
    GOLDEN.assertClose("out/hard_maps", vae.maps(tokens), TOLERANCE);
    GOLDEN.assertClose("out/hard_pixels", vae.decode(tokens), TOLERANCE);
  }
}
