package smalti.dalle.train;

import smalti.dalle.data.EmojiData;
import smalti.dalle.data.ShapesData;
import smalti.dalle.sample.Sampling;
import smalti.dalle.transformer.TransformerConfig.Attention;
import smalti.dalle.vae.VaeConfig;

/// Names the configurations that the program trains unless told otherwise. They are small: both
/// stages fit into minutes on two cores. `docs/recipes.md` says how they were found.
public final class Presets {
  private static final double SIXTEENTH = 1.0 / 16;
  private static final VaeConfig.Scales SCALES = new VaeConfig.Scales(true, 8, 0.5, 0.5, 1);

  private Presets() {}

  /// Returns the preset for a data set: `shapes`, or for everything else that of `emoji`.
  public static RunConfig of(String data) {
    RunConfig preset = data.equals(ShapesData.NAME) ? shapes() : emoji();
    return preset.withData(data);
  }

  /// Returns the preset for rendered shapes at 32 px: 8×8 tokens of 4×4 pixels.
  public static RunConfig shapes() {
    return new RunConfig(
        ShapesData.NAME,
        1,
        new VaeConfig(32, 3, 1, 16, 5, 32, 512, SCALES),
        vaeRecipe(2000, false, 8),
        new TransformerSize(320, 16, 128, 4, 4, Attention.SPARSE, 5, 0.1),
        new DalleRecipe(4000, 32, 2e-3, 2e-5, 0.03, 0.96, 4.5e-2, 4, 0.1),
        Sampling.greedy());
  }

  /// Returns the preset for emoji at 32 px: 8×8 tokens of 4×4 pixels.
  public static RunConfig emoji() {
    return new RunConfig(
        EmojiData.NAME,
        1,
        new VaeConfig(32, 3, 1, 16, 5, 32, 512, SCALES),
        vaeRecipe(2000, true, 0),
        new TransformerSize(1024, 32, 256, 6, 8, Attention.SPARSE, 5, 0.1),
        new DalleRecipe(4000, 32, 1e-3, 1e-5, 0.03, 0.96, 4.5e-2, 4, 0.1),
        new Sampling(0.9, 64, 1));
  }

  private static VaeRecipe vaeRecipe(long steps, boolean flip, int collage) {
    int batch = 8;
    double lr = 3e-3;
    double warmup = 0.02;
    double betaAnneal = 0.7;
    double tauAnneal = 0.8;
    return new VaeRecipe(
        steps, batch, lr, lr / 30, warmup, 0.99, 1e-4, 1, 0.1, 1, betaAnneal, SIXTEENTH, 1,
        tauAnneal, 1, 12, -1, -2, 0.99, false, flip, collage);
  }
}
