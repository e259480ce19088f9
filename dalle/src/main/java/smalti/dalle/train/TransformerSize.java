package smalti.dalle.train;

import smalti.dalle.tokens.TokenGrid;
import smalti.dalle.transformer.Style;
import smalti.dalle.transformer.TransformerConfig;

/// Sizes a transformer before the tokenizer and the codebook are known.
///
/// @param bpeVocabulary wanted number of BPE tokens
/// @param textLength text positions
/// @param width width of the residual stream
/// @param layers number of blocks
/// @param heads attention heads of a block
/// @param attention which positions see which
/// @param convKernel side of the convolutional pattern's neighbourhood
/// @param dropout probability of zeroing an element of a branch's output while training
/// @param tokenDropout probability of hiding an image token from all later slots while training, so
///   that they heed the caption (the word dropout of Bowman et al. 2016, section 3.1; paper: 0)
/// @param style what the paper leaves open
public record TransformerSize(
    int bpeVocabulary,
    int textLength,
    int width,
    int layers,
    int heads,
    TransformerConfig.Attention attention,
    int convKernel,
    double dropout,
    double tokenDropout,
    Style style) {

  /// Makes a size of few layers.
  public TransformerSize(
      int bpeVocabulary,
      int textLength,
      int width,
      int layers,
      int heads,
      TransformerConfig.Attention attention,
      int convKernel,
      double dropout,
      double tokenDropout) {
    this(
        bpeVocabulary,
        textLength,
        width,
        layers,
        heads,
        attention,
        convKernel,
        dropout,
        tokenDropout,
        Style.shallow());
  }

  /// Returns the sizes with another number of text positions.
  public TransformerSize withTextLength(int positions) {
    return new TransformerSize(
        bpeVocabulary,
        positions,
        width,
        layers,
        heads,
        attention,
        convKernel,
        dropout,
        tokenDropout,
        style);
  }

  /// Returns the whole configuration.
  ///
  /// @param textVocabulary number of tokens that the tokenizer has
  public TransformerConfig config(int textVocabulary, TokenGrid grid) {
    return new TransformerConfig(
        textLength,
        textVocabulary,
        grid.gridSize(),
        grid.vocabulary(),
        width,
        layers,
        heads,
        attention,
        convKernel,
        dropout,
        tokenDropout,
        style);
  }
}
