package smalti.dalle.train;

import smalti.dalle.sample.Sampling;
import smalti.dalle.tokens.PaletteConfig;
import smalti.dalle.tokens.TokenGrid;
import smalti.dalle.tokens.TokenKind;
import smalti.dalle.vae.VaeConfig;

/// Holds everything that decides a run; it is `config.json` in the run's folder.
///
/// @param data `emoji`, `shapes` or a folder's path
/// @param seed decides all random numbers
/// @param tokens what the transformer models: codes of a dVAE (`DVAE`), or colours of pixels
///   (`PIXELS`), where there is no stage 1
/// @param palette sizes of the palette where tokens are pixels
/// @param vae sizes of stage 1 where there is one
/// @param vaeRecipe training of stage 1
/// @param transformer sizes of stage 2
/// @param dalleRecipe training of stage 2
/// @param sampling how pictures are drawn unless said otherwise
public record RunConfig(
    String data,
    long seed,
    TokenKind tokens,
    PaletteConfig palette,
    VaeConfig vae,
    VaeRecipe vaeRecipe,
    TransformerSize transformer,
    DalleRecipe dalleRecipe,
    Sampling sampling) {

  /// Returns the sizes of pictures and their tokens.
  public TokenGrid grid() {
    return switch (tokens) {
      case DVAE -> vae;
      case PIXELS -> palette;
    };
  }

  /// Returns whether the tokens are those of a stage 1.
  public boolean hasStage1() {
    return tokens == TokenKind.DVAE;
  }

  /// Returns the configuration with other lengths of both stages.
  public RunConfig withSteps(long vaeSteps, long dalleSteps) {
    return new RunConfig(
        data,
        seed,
        tokens,
        palette,
        vae,
        vaeRecipe.withSteps(vaeSteps),
        transformer,
        dalleRecipe.withSteps(dalleSteps),
        sampling);
  }

  /// Returns the configuration with another seed.
  public RunConfig withSeed(long seed) {
    return new RunConfig(
        data, seed, tokens, palette, vae, vaeRecipe, transformer, dalleRecipe, sampling);
  }

  /// Returns the configuration for other data.
  public RunConfig withData(String data) {
    return new RunConfig(
        data, seed, tokens, palette, vae, vaeRecipe, transformer, dalleRecipe, sampling);
  }
}
