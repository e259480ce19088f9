package smalti.dalle.vae;

import smalti.autograd.Variable;
import smalti.tensor.Tensor;

/// Says how likely pixels are, given a decoder's maps.
///
/// @param floor least `ln b` of [LogitLaplace]
/// @param deviation standard deviation of [SquaredError], which takes the place of the former; 0
///   keeps the former
public record Likelihood(double floor, double deviation) {
  /// Checks the deviation.
  ///
  /// @throws IllegalArgumentException if it is negative or no number
  public Likelihood {
    if (!(deviation >= 0) || Double.isInfinite(deviation)) {
      throw new IllegalArgumentException(
          "Likelihood: the deviation must be 0 or positive; got " + deviation);
    }
  }

  /// Returns the paper's likelihood.
  public static Likelihood logitLaplace(double floor) {
    return new Likelihood(floor, 0);
  }

  /// Returns the mean negative log-likelihood per channel and pixel, in nats. It is a density's and
  /// may be negative; those of both kinds are of the same pixels and can be compared.
  ///
  /// @param maps (B, 6, H, W)
  /// @param squeezed pixels of `[ε, 1 − ε]`, (B, 3, H, W)
  public Variable negativeLog(Variable maps, Tensor squeezed) {
    return deviation > 0
        ? SquaredError.negativeLogLikelihood(maps, squeezed, deviation)
        : LogitLaplace.negativeLogLikelihood(maps, squeezed, floor);
  }
}
