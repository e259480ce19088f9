package smalti.dalle.tokens;

/// Sizes a [Palette].
///
/// @param imageSize side of the square pictures, in pixels; each pixel is a token
/// @param vocabulary number of colours (image GPT: 512)
public record PaletteConfig(int imageSize, int vocabulary) implements TokenGrid {
  /// The largest side: 4096 tokens.
  private static final int MOST = 64;

  private static final int MOST_COLOURS = 1 << 16;

  /// Checks the sizes.
  ///
  /// @throws IllegalArgumentException if one is out of range
  public PaletteConfig {
    if (imageSize < 2 || imageSize > MOST) {
      throw new IllegalArgumentException(
          "pictures whose pixels are tokens have a side from 2 to %d; got %d"
              .formatted(MOST, imageSize));
    }
    if (vocabulary < 2 || vocabulary > MOST_COLOURS) {
      throw new IllegalArgumentException(
          "a palette has from 2 to %d colours; got %d".formatted(MOST_COLOURS, vocabulary));
    }
  }

  /// Returns what runs have unless told otherwise: 16 px, and image GPT's 512 colours (Chen et al.
  /// 2020, section 3.2).
  public static PaletteConfig standard() {
    return new PaletteConfig(16, 512);
  }

  @Override
  public int gridSize() {
    return imageSize;
  }
}
