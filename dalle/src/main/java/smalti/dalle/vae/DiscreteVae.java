package smalti.dalle.vae;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.dalle.tokens.ImageTokens;
import smalti.nn.GumbelSoftmax;
import smalti.nn.Pass;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Is the discrete variational auto-encoder: [Encoder], [Decoder], and the relaxed bound that
/// trains them (Ramesh et al. 2021, section 2.1).
public final class DiscreteVae extends Autoencoder implements ImageTokens {
  private static final int AT_ONCE = 32;

  private final Encoder encoder;
  private final Decoder decoder;

  /// Makes an untrained model.
  public DiscreteVae(VaeConfig config, Random random) {
    super(config);
    this.encoder = child("encoder", new Encoder(config, random.split("encoder")));
    this.decoder = child("decoder", new Decoder(config, random.split("decoder")));
  }

  @Override
  public Kind kind() {
    return Kind.VAE;
  }

  @Override
  public String maker() {
    return "dVAE";
  }

  /// Holds the parts of the training loss.
  ///
  /// @param loss what is minimised: `nll + β/(3f²)·kl`, the bound divided by the number of channel
  ///   values of a picture
  /// @param parts likelihood, divergence and, if it has a weight, balance; not yet read
  public record Loss(Variable loss, List<Tensor> parts) {
    /// Returns the mean negative log-likelihood per channel and pixel, in nats.
    public double nll() {
      return parts.get(0).item();
    }

    /// Returns the mean divergence from the uniform prior per token, in nats.
    public double kl() {
      return parts.get(1).item();
    }

    /// Returns the divergence of the batch's mean distribution from the uniform one, in nats; 0
    /// where it has no weight.
    public double balance() {
      return parts.size() < 3 ? 0 : parts.get(2).item();
    }
  }

  /// Holds the weights and scales that are annealed while training.
  ///
  /// @param tau temperature of the Gumbel-softmax
  /// @param beta weight of the divergence of each token's distribution from the uniform prior
  /// @param gamma weight of the divergence of the batch's mean distribution from the uniform one, a
  ///   part of the former: it keeps codes in use without blurring any token (0 in the paper)
  /// @param likelihood of pixels given the decoder's maps
  /// @param straightThrough whether the decoder sees hard samples
  public record Annealing(
      double tau, double beta, double gamma, Likelihood likelihood, boolean straightThrough) {
    /// Takes the paper's likelihood.
    ///
    /// @param floor least `ln b` of it
    public Annealing(double tau, double beta, double gamma, double floor, boolean straightThrough) {
      this(tau, beta, gamma, Likelihood.logitLaplace(floor), straightThrough);
    }
  }

  /// Computes the relaxed bound on a batch.
  ///
  /// @param pixels (B, 3, H, W) of `[0, 1]`
  @Override
  public Loss loss(Tensor pixels, Annealing a, Pass pass) {
    Tensor squeezed = LogitLaplace.squeeze(pixels);
    Variable logits = encoder.forward(Variable.of(squeezed), pass); // (B, h·w, K)
    Random noise = pass.random().split("gumbel");
    Variable codes =
        a.straightThrough()
            ? GumbelSoftmax.straightThrough(logits, a.tau(), noise)
            : GumbelSoftmax.soft(logits, a.tau(), noise);
    Variable maps = decoder.forward(codes, pass); // (B, 6, H, W)
    Variable nll = likelihood(maps, squeezed, a);
    Variable kl = divergence(logits);
    Variable loss = nll.add(kl.mul(a.beta() / perToken()));
    if (a.gamma() == 0) {
      return new Loss(loss, List.of(nll.value(), kl.value()));
    }
    Variable balance = balance(logits);
    return new Loss(
        loss.add(balance.mul(a.gamma() / perToken())),
        List.of(nll.value(), kl.value(), balance.value()));
  }

  /// Returns the mean divergence of the encoder's categorical distribution from the uniform one,
  /// per position, in nats: `Σ q·(ln q + ln K)`, from 0 to `ln K`. No temperature is in it.
  ///
  /// @param logits (…, K)
  public static Variable divergence(Variable logits) {
    int k = logits.dim(-1);
    Variable lnQ = logits.logSoftmax(-1);
    Variable perClass = lnQ.exp().mul(lnQ); // q ln q
    return perClass.sum().mul((double) k / logits.value().elements()).add(Math.log(k));
  }

  /// Returns the divergence of the mean distribution over all positions of a batch from the uniform
  /// one, in nats. The mean of [#divergence] is this plus the information that tokens carry.
  ///
  /// @param logits (…, K)
  static Variable balance(Variable logits) {
    int k = logits.dim(-1);
    Variable mean = logits.softmax(-1).reshape(-1, k).mean(0); // (K)
    return mean.mul(mean.add(1e-12).log()).sum().add(Math.log(k));
  }

  /// Returns the encoder's logits over the codebook, without gradients.
  ///
  /// @param pixels (B, 3, H, W) of `[0, 1]`
  /// @return (B, h·w, K)
  public Tensor logits(Tensor pixels) {
    return passing(pixels, x -> encoder.forward(Variable.of(LogitLaplace.squeeze(x))));
  }

  /// Returns the most likely code of each position in raster order, I32 (B, h·w).
  @Override
  public Tensor encode(Tensor pixels) {
    return logits(pixels).argmax();
  }

  /// Returns the six maps of tokens, without gradients.
  ///
  /// @param tokens I32 (B, h·w)
  /// @return (B, 6, H, W)
  public Tensor maps(Tensor tokens) {
    int k = config().vocabulary();
    return passing(
        tokens, z -> decoder.forward(Variable.of(GumbelSoftmax.oneHot(z, k, DType.F32))));
  }

  /// Runs one half of the network, without gradients, on so few pictures at a time that memory is
  /// that of a training.
  private static Tensor passing(Tensor of, Function<Tensor, Variable> half) {
    List<Tensor> parts = new ArrayList<>();
    for (int from = 0; from < of.dim(0); from += AT_ONCE) {
      Tensor some = of.slice(0, from, Math.min(of.dim(0), from + AT_ONCE)).contiguous();
      Supplier<List<Tensor>> body = () -> List.of(Autograd.noGrad(() -> half.apply(some)).value());
      parts.add(Backends.current().passing(body).getFirst());
    }
    return parts.size() == 1 ? parts.getFirst() : Tensor.cat(parts, 0);
  }

  @Override
  public Tensor decode(Tensor tokens) {
    return LogitLaplace.pixels(maps(tokens));
  }

  @Override
  public Tensor tokens(Tensor pixels) {
    return encode(pixels);
  }

  @Override
  public Tensor reconstruct(Tensor pixels) {
    return decode(encode(pixels));
  }
}
