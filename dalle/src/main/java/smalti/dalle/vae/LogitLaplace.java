package smalti.dalle.vae;

import smalti.autograd.Variable;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Is the distribution of pixels (Ramesh et al. 2021, appendix A.3): a Laplace variable through a
/// sigmoid, so that it lives on (0, 1). With `Δ = (logit x − μ)/b` its density is `exp(−|Δ|) /
/// (2·b·x·(1 − x))`.
///
/// Pixels of `[0, 1]` are squeezed into `[ε, 1 − ε]` first, which keeps their logits finite.
public final class LogitLaplace {
  /// How far pixels stay away from 0 and 1.
  public static final double EPSILON = 0.1;

  private LogitLaplace() {}

  /// Returns `(1 − 2ε)·x + ε` for pixels of `[0, 1]`.
  public static Tensor squeeze(Tensor pixels) {
    return pixels.mul(1 - 2 * EPSILON).add(EPSILON);
  }

  /// Returns the pixels that the location maps stand for: `σ(μ)` stretched back and clamped to `[0,
  /// 1]`.
  ///
  /// @param maps (B, 6, H, W): three of `μ`, three of `ln b`
  /// @return (B, 3, H, W)
  public static Tensor pixels(Tensor maps) {
    Variable mu = Variable.of(maps.slice(1, 0, 3).contiguous());
    Variable x = mu.sigmoid().sub(EPSILON).mul(1 / (1 - 2 * EPSILON));
    return x.maximum(number(0, maps)).minimum(number(1, maps)).value();
  }

  private static Variable number(double value, Tensor like) {
    return Variable.of(Tensor.full(Shape.SCALAR, value, like.dtype()));
  }

  /// Returns the mean negative log-likelihood per channel and pixel, in nats. It is a density's and
  /// may be negative.
  ///
  /// @param maps (B, 6, H, W)
  /// @param squeezed pixels of `[ε, 1 − ε]`, (B, 3, H, W)
  /// @param floor least `ln b`; without one, plain areas of drawings pull `b` to 0 and drown the
  ///   rest of the picture. −∞ for none
  public static Variable negativeLogLikelihood(Variable maps, Tensor squeezed, double floor) {
    Variable x = Variable.of(squeezed);
    Variable odds = x.log().sub(x.neg().add(1).log()); // logit x
    Variable volume = x.mul(x.neg().add(1)).log(); // ln x(1 − x)
    Variable mu = maps.slice(1, 0, 3);
    Variable free = maps.slice(1, 3, 6);
    Variable lnB = free.maximum(number(floor, squeezed));
    Variable delta = odds.sub(mu).abs().mul(lnB.neg().exp()); // |Δ|
    return delta.add(lnB).mean().add(volume.mean()).add(Math.log(2));
  }
}
