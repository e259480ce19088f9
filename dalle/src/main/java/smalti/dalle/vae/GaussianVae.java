package smalti.dalle.vae;

import java.util.List;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Is the variational auto-encoder of Kingma and Welling (2014): for each position of the grid the
/// encoder gives mean and log-variance of `codeWidth` normal variables, whose prior is the standard
/// normal distribution. What is minimised is the negative evidence lower bound itself (β is 1),
/// divided by the number of channel values of a picture.
public final class GaussianVae extends Autoencoder {
  private final Encoder encoder;
  private final Decoder decoder;

  /// Makes an untrained model.
  public GaussianVae(VaeConfig config, Random random) {
    super(config);
    int d = config.codeWidth();
    this.encoder = child("encoder", new Encoder(dense(config, 2 * d), random.split("encoder")));
    this.decoder = child("decoder", new Decoder(dense(config, d), random.split("decoder")));
  }

  @Override
  public Kind kind() {
    return Kind.GAUSSIAN;
  }

  /// Computes the negative bound per channel value; `kl` is per position of the grid.
  @Override
  public DiscreteVae.Loss loss(Tensor pixels, DiscreteVae.Annealing a, Pass pass) {
    Tensor squeezed = LogitLaplace.squeeze(pixels);
    Variable both = encoder.forward(Variable.of(squeezed), pass); // (B, h·w, 2d)
    Variable mean = mean(both);
    Variable lnVariance = both.slice(2, config().codeWidth(), both.dim(2));
    Variable z = sample(mean, lnVariance, pass.random().split("normal"));
    Variable nll = likelihood(decoder.forward(z, pass), squeezed, a);
    Variable kl = divergence(mean, lnVariance);
    return new DiscreteVae.Loss(nll.add(kl.mul(1 / perToken())), List.of(nll.value(), kl.value()));
  }

  private Variable mean(Variable both) {
    return both.slice(2, 0, config().codeWidth()); // (B, h·w, d)
  }

  /// Returns `μ + σ·ε` with standard normal noise, through which gradients reach both.
  static Variable sample(Variable mean, Variable lnVariance, Random random) {
    Variable noise = Variable.of(random.normal(mean.value().shape(), mean.value().dtype()));
    return mean.add(lnVariance.mul(0.5).exp().mul(noise));
  }

  /// Returns the mean divergence from the standard normal distribution per position, in nats: `½ Σ
  /// (μ² + σ² − 1 − ln σ²)` over the last axis.
  ///
  /// @param mean (…, d)
  /// @param lnVariance (…, d)
  public static Variable divergence(Variable mean, Variable lnVariance) {
    Variable each = mean.square().add(lnVariance.exp()).sub(lnVariance).add(-1);
    return each.mean().mul(0.5 * mean.dim(-1));
  }

  /// Returns the means that the encoder gives, without gradients.
  ///
  /// @param pixels (B, 3, H, W) of `[0, 1]`
  /// @return (B, h·w, d)
  public Tensor encode(Tensor pixels) {
    Variable x = Variable.of(LogitLaplace.squeeze(pixels));
    return Autograd.noGrad(() -> mean(encoder.forward(x)).value().contiguous());
  }

  /// Returns the pictures of latent values, without gradients.
  ///
  /// @param z (B, h·w, d)
  /// @return (B, 3, H, W)
  public Tensor decode(Tensor z) {
    return Autograd.noGrad(() -> LogitLaplace.pixels(decoder.forward(Variable.of(z)).value()));
  }

  @Override
  public Tensor reconstruct(Tensor pixels) {
    return decode(encode(pixels));
  }

  /// Returns a grid of pictures between four: their latent means are mixed bilinearly.
  ///
  /// @param corners (4, 3, H, W): top left, top right, bottom left, bottom right
  /// @param side pictures along an edge of the grid, at least 2
  /// @return (side², 3, H, W), row by row
  public Tensor grid(Tensor corners, int side) {
    Tensor z = encode(corners); // (4, h·w, d)
    float[] weights = new float[side * side * 4];
    for (int i = 0; i < side * side; i++) {
      int row = i / side;
      int column = i % side;
      float down = (float) row / (side - 1);
      float right = (float) column / (side - 1);
      weights[4 * i] = (1 - down) * (1 - right);
      weights[4 * i + 1] = (1 - down) * right;
      weights[4 * i + 2] = down * (1 - right);
      weights[4 * i + 3] = down * right;
    }
    Tensor mixed = Tensor.of(weights, side * side, 4).matmul(z.reshape(4, -1)); // (side², h·w·d)
    return decode(mixed.reshape(Shape.of(side * side, z.dim(1), z.dim(2))));
  }

  /// Returns pictures of latent values drawn from the prior.
  ///
  /// @return (n, 3, H, W)
  public Tensor sample(int n, Random random) {
    return decode(random.normal(Shape.of(n, config().tokens(), config().codeWidth())));
  }
}
