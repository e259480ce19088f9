package smalti.dalle.transformer;

/// Holds what the paper leaves open about its transformer; `docs/decisions/11-open-points.md` gives
/// the reasons.
///
/// @param initGain standard deviation of an initial weight times the root of its fan-in: 0.125 in
///   Child et al. 2019, for stacks of 30 layers and more; short stacks learn faster from larger
///   weights
/// @param convWraps whether the convolutional pattern wraps around at the edges of the grid, as
///   figure 11 shows it for 3×3
/// @param transposedColumns whether column layers compute on image states in column-first order
///   (figure 11 c): the same numbers, and each column one run of positions
/// @param tiedOutput whether the output matrices are the embedding tables
/// @param padsInLoss whether pads count in the text loss
public record Style(
    double initGain,
    boolean convWraps,
    boolean transposedColumns,
    boolean tiedOutput,
    boolean padsInLoss) {

  /// Checks the gain.
  ///
  /// @throws IllegalArgumentException if it is not positive
  public Style {
    if (!(initGain > 0) || Double.isInfinite(initGain)) {
      throw new IllegalArgumentException("Style: initGain must be positive; got " + initGain);
    }
  }

  /// Returns the style of the paper at its size.
  public static Style published() {
    return new Style(0.125, true, true, false, true);
  }

  /// Returns the style for stacks of a few layers.
  public static Style shallow() {
    return new Style(0.5, true, false, false, true);
  }
}
