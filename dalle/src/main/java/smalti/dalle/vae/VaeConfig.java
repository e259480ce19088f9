package smalti.dalle.vae;

/// Sizes a [DiscreteVae]. The published model is [#openai].
///
/// @param imageSize side of the square pictures, in pixels
/// @param groups groups of residual blocks; between two groups the grid halves, so that a token
///     stands for a square of side `2^(groups − 1)` pixels
/// @param blocksPerGroup residual blocks in a group
/// @param hidden width of the first encoder group (`n_hid`); group `i` is `2^(i − 1)` times as wide
/// @param inputKernel side of the encoder's first kernel, odd
/// @param codeWidth width of a codebook entry (`n_init`)
/// @param vocabulary number of codes
public record VaeConfig(
    int imageSize,
    int groups,
    int blocksPerGroup,
    int hidden,
    int inputKernel,
    int codeWidth,
    int vocabulary) {
  /// Checks the sizes.
  ///
  /// @throws IllegalArgumentException if one does not fit
  public VaeConfig {
    require(groups >= 1 && groups <= 6, "groups must be 1 to 6; got " + groups);
    require(blocksPerGroup >= 1, "blocksPerGroup must be positive; got " + blocksPerGroup);
    require(
        hidden >= 4 && hidden % 4 == 0,
        "hidden must be a multiple of 4, for the bottlenecks; got " + hidden);
    require(inputKernel >= 1 && inputKernel % 2 == 1, "inputKernel must be odd; got " + inputKernel);
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
    return new VaeConfig(256, 4, 2, 256, 7, 128, 8192);
  }

  /// Returns the side in pixels of the square that one token stands for.
  public int factor() {
    return 1 << (groups - 1);
  }

  /// Returns the side of the token grid.
  public int gridSize() {
    return imageSize / factor();
  }

  /// Returns the number of tokens of a picture.
  public int tokens() {
    return gridSize() * gridSize();
  }

  /// Returns the gain of each residual branch, one over the square of the number of blocks.
  public double postGain() {
    int blocks = groups * blocksPerGroup;
    return 1.0 / (blocks * blocks);
  }

  /// Returns the width of encoder group `i`, from 1.
  int width(int group) {
    return hidden << (group - 1);
  }
}
