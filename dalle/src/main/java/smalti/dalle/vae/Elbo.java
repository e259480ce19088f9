package smalti.dalle.vae;

import java.util.List;
import java.util.function.DoubleSupplier;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Computes the evidence lower bound of pictures (Ramesh et al. 2021, section 2.1), at weight 1 of
/// the divergence, in nats per picture. As the temperature falls the relaxed bound becomes the true
/// one.
public final class Elbo {
  private Elbo() {}

  /// Returns the mean true bound: the log-density given codes drawn from the encoder, less the
  /// divergence from the uniform prior.
  ///
  /// @param pixels (B, 3, H, W) of `[0, 1]`
  /// @param logits what the encoder says of them, (B, h·w, K)
  /// @param likelihood of pixels given the decoder's maps
  public static double hard(
      DiscreteVae vae, Tensor pixels, Tensor logits, Likelihood likelihood, Random random) {
    return passing(() -> {
      Tensor gumbel = Variable.of(random.uniform(logits.shape())).log().neg().log().neg().value();
      Tensor sampled = logits.add(gumbel).argmax(); // (B, h·w), z ~ q
      Variable nll =
          likelihood.negativeLog(Variable.of(vae.maps(sampled)), LogitLaplace.squeeze(pixels));
      double kl = DiscreteVae.divergence(Variable.of(logits)).item();
      return total(vae, nll.item(), kl);
    });
  }

  /// Returns the mean relaxed bound: the same with Gumbel-softmax samples at a temperature.
  ///
  /// @param pixels (B, 3, H, W) of `[0, 1]`
  public static double relaxed(
      DiscreteVae vae, Tensor pixels, DiscreteVae.Annealing annealing, Random random) {
    return passing(() -> {
      DiscreteVae.Loss loss = vae.loss(pixels, annealing, Pass.training(random.split("relaxed")));
      return total(vae, loss.nll(), loss.kl());
    });
  }

  private static double passing(DoubleSupplier bound) {
    double[] result = new double[1];
    Backends.current()
        .passing(() -> {
          result[0] = Autograd.noGrad(bound::getAsDouble);
          return List.of();
        });
    return result[0];
  }

  private static double total(DiscreteVae vae, double nll, double kl) {
    int side = vae.config().imageSize();
    return -nll * 3 * side * side - kl * vae.config().tokens();
  }
}
