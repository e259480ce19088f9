package smalti.dalle.transformer;

/// Sizes a [SparseTransformer].
///
/// The stream has `textLength + gridSize²` slots. Each slot receives the token before it of its own
/// kind and predicts its own: text slot 0 receives start-of-text, image slot 0 receives
/// start-of-image. Text positions that a caption does not fill carry a learned padding token that
/// is specific to the position: token id `textVocabulary + position`.
///
/// @param textLength text positions
/// @param textVocabulary number of BPE tokens
/// @param gridSize side of the image token grid
/// @param imageVocabulary number of image codes
/// @param width width of the residual stream
/// @param layers number of blocks
/// @param heads attention heads of a block
/// @param attention which positions see which
/// @param convKernel side of the convolutional pattern's neighbourhood, odd
/// @param dropout probability of zeroing an element of a branch's output while training
/// @param tokenDropout probability of hiding an image token from all later slots while training, so
///   that they heed the caption (the word dropout of Bowman et al. 2016, section 3.1; paper: 0)
/// @param style what the paper leaves open
public record TransformerConfig(
    int textLength,
    int textVocabulary,
    int gridSize,
    int imageVocabulary,
    int width,
    int layers,
    int heads,
    Attention attention,
    int convKernel,
    double dropout,
    double tokenDropout,
    Style style) {

  /// Names the attention patterns of a stack.
  public enum Attention {
    /// The paper's order of row, column and convolutional layers.
    SPARSE,
    /// Every layer sees all earlier positions.
    FULL
  }

  /// Checks the sizes.
  ///
  /// @throws IllegalArgumentException if one does not fit
  public TransformerConfig {
    require(textLength >= 1, "textLength must be positive; got " + textLength);
    require(textVocabulary >= 1, "textVocabulary must be positive; got " + textVocabulary);
    require(gridSize >= 1, "gridSize must be positive; got " + gridSize);
    require(imageVocabulary >= 2, "imageVocabulary must be at least 2; got " + imageVocabulary);
    require(layers >= 1, "layers must be positive; got " + layers);
    require(
        heads >= 1 && width % heads == 0,
        "%d heads do not divide the width %d".formatted(heads, width));
    require(convKernel >= 1 && convKernel % 2 == 1, "convKernel must be odd; got " + convKernel);
    require(dropout >= 0 && dropout < 1, "dropout must be in [0, 1); got " + dropout);
    require(
        tokenDropout >= 0 && tokenDropout < 1,
        "tokenDropout must be in [0, 1); got " + tokenDropout);
  }

  /// Makes a configuration of few layers.
  public TransformerConfig(
      int textLength,
      int textVocabulary,
      int gridSize,
      int imageVocabulary,
      int width,
      int layers,
      int heads,
      Attention attention,
      int convKernel,
      double dropout,
      double tokenDropout) {
    this(
        textLength,
        textVocabulary,
        gridSize,
        imageVocabulary,
        width,
        layers,
        heads,
        attention,
        convKernel,
        dropout,
        tokenDropout,
        Style.shallow());
  }

  /// Returns the configuration in another style.
  public TransformerConfig withStyle(Style other) {
    return new TransformerConfig(
        textLength,
        textVocabulary,
        gridSize,
        imageVocabulary,
        width,
        layers,
        heads,
        attention,
        convKernel,
        dropout,
        tokenDropout,
        other);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException("TransformerConfig: " + otherwise);
    }
  }

  /// Returns the number of image positions.
  public int imageLength() {
    return gridSize * gridSize;
  }

  /// Returns the number of slots of the stream.
  public int length() {
    return textLength + imageLength();
  }

  /// Returns the number of text classes: BPE tokens and one padding token per position.
  public int textClasses() {
    return textVocabulary + textLength;
  }

  /// Returns a caption's tokens, cut or padded to the text positions.
  ///
  /// @param tokens BPE token ids
  /// @return `textLength` ids, the rest `textVocabulary + position`
  public int[] padded(int[] tokens) {
    int[] out = new int[textLength];
    for (int i = 0; i < textLength; i++) {
      out[i] = i < tokens.length ? tokens[i] : textVocabulary + i;
    }
    return out;
  }
}
