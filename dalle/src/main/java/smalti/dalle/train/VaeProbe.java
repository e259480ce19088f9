package smalti.dalle.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import smalti.dalle.vae.Autoencoder;
import smalti.dalle.vae.CodeUse;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.Elbo;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Looks at a model with a codebook now and then while it is trained, on the same few training
/// pictures every time: how the codebook is used, and a dVAE's two bounds.
final class VaeProbe {
  /// How often in a run it looks.
  private static final int LOOKS = 20;

  private static final int PICTURES = 64;

  private final Autoencoder model;
  private final VaeRecipe recipe;
  private final PictureSet pictures;
  private final Random random;
  private @Nullable String warning;

  VaeProbe(Autoencoder model, VaeRecipe recipe, PictureSet pictures, Random random) {
    this.model = model;
    this.recipe = recipe;
    this.pictures = pictures;
    this.random = random;
  }

  /// Returns the numbers of a step. Of models with a codebook: `code_usage` (a fraction),
  /// `perplexity` and `dead_codes`; of a dVAE also `elbo` and `relaxed_elbo`, in nats per picture
  /// at the step's temperature. NaN at steps that are not looked at.
  Map<String, Double> at(long step, DiscreteVae.Annealing annealing) {
    if (!model.kind().hasCodebook()) {
      return Map.of();
    }
    boolean look = step % Math.max(1, recipe.steps() / LOOKS) == 0 || step == recipe.steps() - 1;
    CodeUse use = CodeUse.none(model.config().vocabulary());
    double[] bounds = {0, 0};
    int count = look ? Math.min(PICTURES, pictures.count()) : 0;
    for (int from = 0; from < count; from += recipe.batch()) {
      int to = Math.min(count, from + recipe.batch());
      Tensor x = pictures.pictures(IntStream.range(from, to).toArray());
      use.add(model.tokens(x));
      if (model instanceof DiscreteVae vae) {
        Random draw = random.split(step).split(from);
        double share = (double) (to - from) / count;
        bounds[0] += share * Elbo.hard(vae, x, vae.logits(x), annealing.likelihood(), draw);
        bounds[1] += share * Elbo.relaxed(vae, x, annealing, draw);
      }
    }
    Map<String, Double> numbers = new LinkedHashMap<>();
    if (model instanceof DiscreteVae) {
      numbers.put("elbo", look ? bounds[0] : Double.NaN);
      numbers.put("relaxed_elbo", look ? bounds[1] : Double.NaN);
    }
    numbers.put("code_usage", look ? use.used() : Double.NaN);
    numbers.put("perplexity", look ? use.perplexity() : Double.NaN);
    numbers.put("dead_codes", look ? use.dead() : Double.NaN);
    if (look) {
      warning = warning(step, use);
    }
    return numbers;
  }

  /// Judges the codebook, once a fifth of the run has given it time to spread.
  private @Nullable String warning(long step, CodeUse use) {
    int codes = use.counts().length;
    if (step < recipe.steps() / 5 || !use.collapsed()) {
      return null;
    }
    return "the codebook collapses: %d of %d codes are in use, with a perplexity of %.1f%s"
        .formatted(
            codes - use.dead(),
            codes,
            use.perplexity(),
            model instanceof DiscreteVae ? "; a larger gamma keeps more of them in use" : "");
  }

  /// Returns what is wrong with the codebook as it was last looked at, or null.
  @Nullable String warning() {
    return warning;
  }
}
