package smalti.dalle.vae;

import smalti.autograd.Variable;
import smalti.tensor.Tensor;

/// Is the distribution of pixels that the paper argues against (Ramesh et al. 2021, appendix A.3):
/// a normal one of fixed width around `σ(μ)`, which makes the loss a squared error. Part of it lies
/// outside of `(0, 1)`, where no pixel is.
///
/// It shares the location maps with [LogitLaplace], and so the pictures that they stand for; the
/// maps of `ln b` have no effect.
final class SquaredError {
  private SquaredError() {}

  /// Returns the mean negative log-likelihood per channel and pixel, in nats: `(x − σ(μ))²/(2s²) +
  /// ln s + ½ ln 2π`.
  ///
  /// @param maps (B, 6, H, W), of which the first three count
  /// @param squeezed pixels of `[ε, 1 − ε]`, (B, 3, H, W)
  /// @param deviation the width `s`
  static Variable negativeLogLikelihood(Variable maps, Tensor squeezed, double deviation) {
    Variable difference = maps.slice(1, 0, 3).sigmoid().sub(Variable.of(squeezed));
    return difference
        .mul(difference)
        .mean()
        .mul(0.5 / (deviation * deviation))
        .add(Math.log(deviation) + 0.5 * Math.log(2 * Math.PI));
  }
}
