package smalti.dalle.evaluate;

import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.dalle.train.PictureSet;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.LogitLaplace;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Judges a dVAE by hard reconstructions: encode to the most likely tokens, decode, compare.
///
/// @param psnrDb peak signal-to-noise ratio of the mean squared error over all pictures, in dB
/// @param usedFraction fraction of the codebook that occurs at least once
/// @param perplexity exponential of the entropy of the codes' frequencies
/// @param counts how often each code occurs
/// @param elboNats mean true evidence lower bound of a picture, in nats: log-density given codes
///   sampled from the encoder, less the divergence from the uniform prior
/// @param relaxedElboNats the same with Gumbel-softmax samples at the final temperature
public record VaeEvaluation(
    double psnrDb,
    double usedFraction,
    double perplexity,
    long[] counts,
    double elboNats,
    double relaxedElboNats) {
  private static final int BATCH = 32;

  /// Evaluates a model on a set of pictures.
  ///
  /// @param annealing temperature and floor of the bounds
  public static VaeEvaluation of(
      DiscreteVae vae, PictureSet pictures, DiscreteVae.Annealing annealing, Random random) {
    long[] counts = new long[vae.config().vocabulary()];
    double squares = 0;
    double elbo = 0;
    double relaxed = 0;
    for (int from = 0; from < pictures.count(); from += BATCH) {
      int n = Math.min(BATCH, pictures.count() - from);
      Tensor x = pictures.pictures(range(from, from + n)); // (B, 3, H, W)
      Tensor logits = vae.logits(x); // (B, h·w, K)
      Tensor tokens = logits.argmax(); // (B, h·w)
      for (int token : tokens.toInts()) {
        counts[token]++;
      }
      Tensor error = vae.decode(tokens).sub(x);
      squares += error.mul(error).sum().item();
      Random draw = random.split(from);
      elbo += n * bound(vae, x, logits, annealing.floor(), draw);
      relaxed += n * relaxedBound(vae, x, annealing, draw);
    }
    int side = vae.config().imageSize();
    double mse = squares / ((double) pictures.count() * 3 * side * side);
    return new VaeEvaluation(
        -10 * Math.log10(mse),
        used(counts),
        perplexity(counts),
        counts,
        elbo / pictures.count(),
        relaxed / pictures.count());
  }

  private static int[] range(int from, int to) {
    return java.util.stream.IntStream.range(from, to).toArray();
  }

  private static double bound(
      DiscreteVae vae, Tensor x, Tensor logits, double floor, Random random) {
    return Autograd.noGrad(() -> {
      Tensor gumbel = Variable.of(random.uniform(logits.shape())).log().neg().log().neg().value();
      Tensor sampled = logits.add(gumbel).argmax(); // (B, h·w), z ~ q
      Variable nll =
          LogitLaplace.negativeLogLikelihood(
              Variable.of(vae.maps(sampled)), LogitLaplace.squeeze(x), floor);
      double kl = DiscreteVae.divergence(Variable.of(logits)).item();
      return total(vae, nll.item(), kl);
    });
  }

  private static double relaxedBound(
      DiscreteVae vae, Tensor x, DiscreteVae.Annealing annealing, Random random) {
    return Autograd.noGrad(() -> {
      DiscreteVae.Loss loss = vae.loss(x, annealing, Pass.training(random.split("relaxed")));
      return total(vae, loss.nll(), loss.kl());
    });
  }

  private static double total(DiscreteVae vae, double nll, double kl) {
    int side = vae.config().imageSize();
    return -nll * 3 * side * side - kl * vae.config().tokens();
  }

  /// Returns the fraction of codes that occur at least once.
  public static double used(long[] counts) {
    int used = 0;
    for (long count : counts) {
      used += count > 0 ? 1 : 0;
    }
    return (double) used / counts.length;
  }

  /// Returns the exponential of the entropy of the codes' frequencies.
  public static double perplexity(long[] counts) {
    double total = 0;
    for (long count : counts) {
      total += count;
    }
    double entropy = 0;
    for (long count : counts) {
      if (count > 0) {
        entropy -= count / total * Math.log(count / total);
      }
    }
    return Math.exp(entropy);
  }
}
