package smalti.dalle.vae;

import smalti.dalle.tokens.TokenGrid;

/// Sizes a [DiscreteVae]. The published model is [#openai].
///
/// @param imageSize side of the square pictures, in pixels
/// @param groups groups of residual blocks; between two groups the grid halves, so that a token
///   stands for a square of side `2^(groups − 1)` pixels
/// @param blocksPerGroup residual blocks in a group
/// @param hidden width of the first encoder group (`n_hid`); group `i` is `2^(i − 1)` times as wide
/// @param inputKernel side of the encoder's first kernel, odd
/// @param codeWidth width of a codebook entry (`n_init`)
/// @param vocabulary number of codes
/// @param scales how signals are scaled, which decides how fast a short training gets going
public record VaeConfig(
    int imageSize,
    int groups,
    int blocksPerGroup,
    int hidden,
    int inputKernel,
    int codeWidth,
    int vocabulary,
    Scales scales)
    implements TokenGrid {

  /// Scales signals. The published model is trained for millions of updates and needs none of this;
  /// small models trained for minutes do (`docs/recipes.md` has the measurements).
  ///
  /// @param centred whether the encoder sees `(x − 0.5)/0.4`, of `[−1, 1]`, instead of the squeezed
  ///   pixels `x` of `[0.1, 0.9]`
  /// @param logitGain is multiplied into the encoder's logits
  /// @param encoderGain is multiplied into each residual branch of the encoder (`post_gain`); a
  ///   small one keeps tokens local, since only branches look beyond a token's square
  /// @param decoderGain is multiplied into each residual branch of the decoder
  /// @param codeStd standard deviation of the codebook's first entries
  public record Scales(
      boolean centred, double logitGain, double encoderGain, double decoderGain, double codeStd) {
    /// Returns the published model's scales: branches by one over the squared number of blocks,
    /// codes by one over the root of their number.
    public static Scales published(int blocks, int vocabulary) {
      double gain = 1.0 / (blocks * blocks);
      return new Scales(false, 1, gain, gain, 1 / Math.sqrt(vocabulary));
    }
  }

  /// Checks the sizes.
  ///
  /// @throws IllegalArgumentException if one does not fit
  public VaeConfig {
    require(groups >= 1 && groups <= 6, "groups must be 1 to 6; got " + groups);
    require(blocksPerGroup >= 1, "blocksPerGroup must be positive; got " + blocksPerGroup);
    require(
        hidden >= 4 && hidden % 4 == 0,
        "hidden must be a multiple of 4, for the bottlenecks; got " + hidden);
    require(
        inputKernel >= 1 && inputKernel % 2 == 1, "inputKernel must be odd; got " + inputKernel);
    require(codeWidth >= 1, "codeWidth must be positive; got " + codeWidth);
    require(vocabulary >= 2, "vocabulary must be at least 2; got " + vocabulary);
    int factor = 1 << (groups - 1);
    require(
        imageSize >= factor && imageSize % factor == 0,
        "imageSize must be a multiple of %d, the side of a token; got %d"
            .formatted(factor, imageSize));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException("VaeConfig: " + otherwise);
    }
  }

  /// Returns the published model's sizes (openai/DALL-E): 256 px, 8192 codes, 97.6 M parameters.
  public static VaeConfig openai() {
    return new VaeConfig(256, 4, 2, 256, 7, 128, 8192, Scales.published(8, 8192));
  }

  /// Returns the side in pixels of the square that one token stands for.
  public int factor() {
    return 1 << (groups - 1);
  }

  @Override
  public int gridSize() {
    return imageSize / factor();
  }

  /// Returns the width of encoder group `i`, from 1.
  int width(int group) {
    return hidden << (group - 1);
  }
}
