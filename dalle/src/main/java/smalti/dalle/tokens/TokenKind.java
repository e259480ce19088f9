package smalti.dalle.tokens;

import java.util.Locale;

/// Names the kinds of image tokens.
public enum TokenKind {
  /// The codes of a trained [smalti.dalle.vae.DiscreteVae]; each stands for a square of pixels.
  DVAE,
  /// The colours of a [Palette]; each stands for one pixel.
  PIXELS;

  /// Returns the name in the program, `dvae` or `pixels`.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
