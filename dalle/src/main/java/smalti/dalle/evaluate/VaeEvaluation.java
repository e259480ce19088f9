package smalti.dalle.evaluate;

import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.train.PictureSet;
import smalti.dalle.vae.CodeUse;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.Elbo;
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
  static final int BATCH = 32;

  /// Evaluates a model on a set of pictures.
  ///
  /// @param annealing temperature and likelihood of the bounds
  public static VaeEvaluation of(
      DiscreteVae vae, PictureSet pictures, DiscreteVae.Annealing annealing, Random random) {
    CodeUse use = CodeUse.none(vae.config().vocabulary());
    double squares = 0;
    double elbo = 0;
    double relaxed = 0;
    for (int from = 0; from < pictures.count(); from += BATCH) {
      int n = Math.min(BATCH, pictures.count() - from);
      Tensor x = pictures.pictures(range(from, from + n)); // (B, 3, H, W)
      Tensor logits = vae.logits(x); // (B, h·w, K)
      Tensor tokens = logits.argmax(); // (B, h·w)
      use.add(tokens);
      Tensor error = vae.decode(tokens).sub(x);
      squares += error.mul(error).sum().item();
      Random draw = random.split(from);
      elbo += n * Elbo.hard(vae, x, logits, annealing.likelihood(), draw);
      relaxed += n * Elbo.relaxed(vae, x, annealing, draw);
    }
    int side = vae.config().imageSize();
    double mse = squares / ((double) pictures.count() * 3 * side * side);
    return new VaeEvaluation(
        -10 * Math.log10(mse),
        use.used(),
        use.perplexity(),
        use.counts(),
        elbo / pictures.count(),
        relaxed / pictures.count());
  }

  /// Returns the PSNR of what tokens of any kind keep of a set of pictures, in dB.
  public static double psnrDb(ImageTokens imageTokens, PictureSet pictures) {
    return psnrDb(x -> imageTokens.decode(imageTokens.encode(x)), pictures);
  }

  /// Returns the PSNR of what comes back of a set of pictures, in dB.
  ///
  /// @param again takes and returns (B, 3, H, W) of `[0, 1]`
  static double psnrDb(UnaryOperator<Tensor> again, PictureSet pictures) {
    double squares = 0;
    long values = 0;
    for (int from = 0; from < pictures.count(); from += BATCH) {
      int n = Math.min(BATCH, pictures.count() - from);
      Tensor x = pictures.pictures(range(from, from + n)); // (B, 3, H, W)
      Tensor error = again.apply(x).sub(x);
      squares += error.mul(error).sum().item();
      values += x.elements();
    }
    return -10 * Math.log10(squares / values);
  }

  static int[] range(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  /// Returns the fraction of codes that occur at least once.
  public static double used(long[] counts) {
    return new CodeUse(counts).used();
  }

  /// Returns the exponential of the entropy of the codes' frequencies.
  public static double perplexity(long[] counts) {
    return new CodeUse(counts).perplexity();
  }
}
