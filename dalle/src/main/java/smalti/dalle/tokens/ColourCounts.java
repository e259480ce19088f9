package smalti.dalle.tokens;

/// Counts how often each of the 2²⁴ colours of 8 bits a channel occurs.
public final class ColourCounts {
  private static final int COLOURS = 1 << 24;

  private final int[] counts = new int[COLOURS];

  /// Makes counts of nothing.
  public ColourCounts() {}

  /// Adds a picture.
  ///
  /// @param planes holds its channels one after the other, of `[0, 1]`
  /// @param offset of the picture in `planes`
  /// @param pixels of the picture
  public void add(float[] planes, int offset, int pixels) {
    for (int p = offset; p < offset + pixels; p++) {
      counts[
          bits(planes[p]) << 16 | bits(planes[p + pixels]) << 8 | bits(planes[p + 2 * pixels])]++;
    }
  }

  private static int bits(float channel) {
    return Math.clamp(Math.round(255 * channel), 0, 255);
  }

  /// Returns the colours that occur, `0xRRGGBB` in ascending order, with their counts.
  KMeans.Points points() {
    int n = 0;
    for (int count : counts) {
      n += count > 0 ? 1 : 0;
    }
    int[] colours = new int[n];
    int[] weights = new int[n];
    int i = 0;
    for (int colour = 0; colour < COLOURS; colour++) {
      if (counts[colour] > 0) {
        colours[i] = colour;
        weights[i++] = counts[colour];
      }
    }
    return new KMeans.Points(colours, weights);
  }
}
