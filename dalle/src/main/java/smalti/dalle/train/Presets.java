package smalti.dalle.train;

import smalti.dalle.data.EmojiData;
import smalti.dalle.data.ShapesData;
import smalti.dalle.sample.Sampling;
import smalti.dalle.tokens.PaletteConfig;
import smalti.dalle.tokens.TokenKind;
import smalti.dalle.transformer.TransformerConfig.Attention;
import smalti.dalle.vae.VaeConfig;

/// Names the configurations that the program trains unless told otherwise. They are small: both
/// stages fit into minutes on two cores. `docs/recipes.md` says how they were found.
public final class Presets {
  private static final double NINTH = 1.0 / 9;

  private Presets() {}

  /// Returns the preset for a data set: `shapes`, `emoji`, or else the path of a folder.
  public static RunConfig of(String data) {
    return switch (data) {
      case ShapesData.NAME -> shapes();
      case EmojiData.NAME -> emoji();
      default -> folder().withData(data);
    };
  }

  /// Returns the preset for rendered shapes at 32 px: 8×8 tokens of 4×4 pixels.
  ///
  /// A figure in a colour never seen together is what training has to reach. Few codes, and an
  /// encoder that looks little beyond a token's square, make tokens that several figures of a
  /// colour share; hidden image tokens make the transformer heed the caption more than what it has
  /// drawn.
  public static RunConfig shapes() {
    return new RunConfig(
        ShapesData.NAME,
        1,
        TokenKind.DVAE,
        PaletteConfig.standard(),
        vae(192, 3, NINTH),
        vaeRecipe(5000, 1, false, 8),
        new TransformerSize(512, 10, 128, 4, 4, Attention.SPARSE, 5, 0, 0.5),
        new DalleRecipe(3000, 16, 3e-3, 2e-5, 0.05, 0.96, 4.5e-2, 1, 0, 0, 1),
        new Sampling(0.4, 0, 1));
  }

  /// Returns the preset for emoji at 32 px: 8×8 tokens of 4×4 pixels.
  ///
  /// There are as many captions as pictures, and hardly two alike: what counts is how often each is
  /// seen. So the transformer is small and its batches too, every word is a token of its own, and
  /// tokens that are hidden and guidance make the most of the caption.
  public static RunConfig emoji() {
    return new RunConfig(
        EmojiData.NAME,
        1,
        TokenKind.DVAE,
        PaletteConfig.standard(),
        vae(256, 5, 0.5),
        vaeRecipe(2300, 2, true, 0),
        new TransformerSize(2048, 14, 128, 4, 4, Attention.FULL, 5, 0, 0.4),
        new DalleRecipe(8000, 8, 3e-3, 2e-5, 0.05, 0.96, 4.5e-2, 1, 0, 0.1, 0),
        new Sampling(0.5, 0, 0.9, 1.5));
  }

  /// Returns the preset for a folder of pictures: that of emoji, with room for longer captions.
  public static RunConfig folder() {
    RunConfig emoji = emoji();
    TransformerSize size = emoji.transformer().withTextLength(32);
    return new RunConfig(
        emoji.data(),
        emoji.seed(),
        emoji.tokens(),
        emoji.palette(),
        emoji.vae(),
        emoji.vaeRecipe(),
        size,
        emoji.dalleRecipe(),
        emoji.sampling());
  }

  /// Returns a preset with the colours of pixels for the codes of a dVAE.
  ///
  /// There are more tokens than a dVAE gives, and most repeat the one before: sparse attention is
  /// cheaper.
  public static RunConfig pixels(RunConfig preset, PaletteConfig palette) {
    TransformerSize t = preset.transformer();
    DalleRecipe r = preset.dalleRecipe();
    return new RunConfig(
        preset.data(),
        preset.seed(),
        TokenKind.PIXELS,
        palette,
        preset.vae(),
        preset.vaeRecipe(),
        new TransformerSize(
            t.bpeVocabulary(),
            t.textLength(),
            t.width(),
            t.layers(),
            t.heads(),
            Attention.SPARSE,
            t.convKernel(),
            t.dropout(),
            t.tokenDropout()),
        new DalleRecipe(
            r.steps(),
            8,
            r.lr(),
            r.lrEnd(),
            r.warmup(),
            r.adamBeta2(),
            r.weightDecay(),
            r.clip(),
            r.bpeDropout(),
            r.captionDropout(),
            r.tokenDropoutEnd()),
        preset.sampling());
  }

  private static VaeConfig vae(int vocabulary, int inputKernel, double encoderGain) {
    VaeConfig.Scales scales = new VaeConfig.Scales(true, 8, encoderGain, 0.5, 1);
    return new VaeConfig(32, 3, 1, 16, inputKernel, 32, vocabulary, scales);
  }

  private static VaeRecipe vaeRecipe(long steps, double gamma, boolean flip, int collage) {
    int batch = 8;
    double lr = 5e-3;
    double lrEnd = 1e-4;
    double warmup = 0.02;
    double beta = 0.02;
    double betaStart = 0.5;
    double betaAnneal = 0.7;
    double tau = 0.125;
    double tauAnneal = 0.8;
    return new VaeRecipe(
        steps,
        batch,
        lr,
        lrEnd,
        1,
        warmup,
        0.99,
        1e-4,
        1,
        beta,
        betaStart,
        betaAnneal,
        tau,
        1,
        tauAnneal,
        gamma,
        6,
        -1,
        -2,
        0.995,
        false,
        flip,
        collage,
        false,
        0);
  }
}
