package smalti.dalle.tokens;

/// Says how large pictures are, and into how many tokens of how many kinds they turn.
public interface TokenGrid {
  /// Returns the side of the square pictures, in pixels.
  int imageSize();

  /// Returns the side of the token grid.
  int gridSize();

  /// Returns the number of kinds of tokens.
  int vocabulary();

  /// Returns the number of tokens of a picture.
  default int tokens() {
    return gridSize() * gridSize();
  }
}
