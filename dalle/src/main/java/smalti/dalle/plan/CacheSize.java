package smalti.dalle.plan;

import smalti.dalle.transformer.LayerPlan;
import smalti.dalle.transformer.TransformerConfig;
import smalti.tensor.AttentionPattern;

/// Counts the bytes of keys and values that sampling keeps.
///
/// @param dense of one candidate, every layer keeping all positions
/// @param text of those, the text positions, which the candidates of a caption share
/// @param denseImage of those, the image positions
/// @param image the image positions where each layer keeps only what its pattern looks back at
public record CacheSize(long dense, long text, long denseImage, long image) {

  /// Counts.
  ///
  /// @param bytes of a number
  public static CacheSize of(TransformerConfig c, int bytes) {
    long position = 2L * c.width() * bytes; // a key and a value of one layer
    long text = position * c.textLength() * c.layers();
    long denseImage = position * c.imageLength() * c.layers();
    long kept = LayerPlan.of(c).stream().mapToLong(p -> kept(p, c)).sum();
    return new CacheSize(text + denseImage, text, denseImage, position * kept);
  }

  /// Returns how many image positions a layer must keep: as a ring where it looks back over a fixed
  /// distance, all of them in column layers.
  private static long kept(AttentionPattern pattern, TransformerConfig c) {
    long reach =
        switch (pattern) {
          case AttentionPattern.Row(_, int width) -> width + 1L;
          case AttentionPattern.Conv(_, int width, int kernel) -> width * (kernel / 2 + 1L);
          case AttentionPattern.Neighbourhood(_, int width, int kernel) ->
              (kernel / 2) * (width + 1L) + 1;
          default -> c.imageLength();
        };
    return Math.min(reach, c.imageLength());
  }
}
