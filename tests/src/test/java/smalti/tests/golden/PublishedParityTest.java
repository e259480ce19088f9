package smalti.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.VaeConfig;
import smalti.nn.Parameter;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Compares the dVAE at its published size, 97.6 million parameters and 256 px, with PyTorch.
///
/// Weights and pixels are Philox numbers that `make_published.py` and this test both make; the
/// golden holds what came out: all tokens, every 16th position's every 64th logit, every 16th pixel
/// of the maps, and the mean squares of everything.
@Tag("slow")
final class PublishedParityTest {
  private static final Golden GOLDEN = Golden.read("published");
  private static final long PIXELS = 1000;
  private static final long DECODER = 500;

  /// Sums over thousands of F32 products in different orders, through eleven blocks.
  private static final double TOLERANCE = 2e-5;

  private static void fill(DiscreteVae vae) {
    long encoder = 0;
    long decoder = DECODER;
    for (Map.Entry<String, Parameter> e : vae.namedParameters().entrySet()) {
      long seed = e.getKey().startsWith("encoder.") ? encoder++ : decoder++;
      Parameter p = e.getValue();
      Tensor u = Random.of(seed).uniform(p.shape());
      p.assign(u.sub(0.5).mul(spread(e.getKey(), p.shape())));
    }
  }

  private static double spread(String name, Shape shape) {
    if (name.endsWith(".b")) {
      return 0.2;
    }
    double gain = name.contains(".res_path.") ? 8 : 4;
    return gain / Math.sqrt((double) shape.dim(1) * shape.dim(2) * shape.dim(3));
  }

  @Test
  void logitsTokensAndMapsAgree() {
    DiscreteVae vae = new DiscreteVae(VaeConfig.openai(), Random.of(0));
    fill(vae);
    assertWeights(vae);
    Tensor pixels = Random.of(PIXELS).uniform(Shape.of(1, 3, 256, 256));
    Tensor logits = vae.logits(pixels).reshape(1024, 8192);
    GOLDEN.assertClose("logits", every(every(logits, 0, 16), 1, 64), TOLERANCE);
    double mean = GOLDEN.get("logits_mean_square").item();
    assertThat(logits.mul(logits).mean().item()).isCloseTo(mean, within(TOLERANCE * mean));

    Tensor expected = GOLDEN.get("tokens");
    int[] tokens = logits.argmax().toInts();
    double rounding = TOLERANCE * Math.sqrt(mean) * 10;
    for (int i = 0; i < tokens.length; i++) {
      if (GOLDEN.get("lead").get(i) > rounding) { // else rounding may decide
        assertThat(tokens[i]).as("token %d", i).isEqualTo((int) expected.get(i));
      }
    }
    Tensor maps = vae.maps(expected.reshape(1, 1024)).reshape(6, 256, 256);
    GOLDEN.assertClose("maps", every(every(maps, 1, 16), 2, 16), TOLERANCE);
    GOLDEN.assertClose("maps_mean_square", maps.mul(maps).mean(1, 2), TOLERANCE);
  }

  private static void assertWeights(DiscreteVae vae) {
    Tensor e = vae.namedParameters().get("encoder.blocks.output.conv.w").value();
    Tensor d = vae.namedParameters().get("decoder.blocks.input.w").value();
    for (int i = 0; i < 8; i++) {
      assertThat(e.get(0, i, 0, 0)).isEqualTo(GOLDEN.get("weights").get(0, i));
      assertThat(d.get(0, i, 0, 0)).isEqualTo(GOLDEN.get("weights").get(1, i));
    }
  }

  /// Returns every `step`-th index of an axis.
  private static Tensor every(Tensor t, int axis, int step) {
    int n = t.dim(axis) / step;
    int[] split = new int[t.rank() + 1];
    for (int i = 0; i < split.length; i++) {
      split[i] = i < axis ? t.dim(i) : i == axis ? n : i == axis + 1 ? step : t.dim(i - 1);
    }
    return t.reshape(split).select(axis + 1, 0).contiguous();
  }
}
