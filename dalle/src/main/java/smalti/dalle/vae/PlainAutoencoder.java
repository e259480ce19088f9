package smalti.dalle.vae;

import java.util.List;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Is the plain auto-encoder: a vector of `codeWidth` numbers for each position of the grid, no
/// noise, no prior. What it reaches bounds what any bottleneck of that width can.
public final class PlainAutoencoder extends Autoencoder {
  private final Encoder encoder;
  private final Decoder decoder;

  /// Makes an untrained model.
  public PlainAutoencoder(VaeConfig config, Random random) {
    super(config);
    VaeConfig dense = dense(config, config.codeWidth());
    this.encoder = child("encoder", new Encoder(dense, random.split("encoder")));
    this.decoder = child("decoder", new Decoder(dense, random.split("decoder")));
  }

  @Override
  public Kind kind() {
    return Kind.AE;
  }

  @Override
  public DiscreteVae.Loss loss(Tensor pixels, DiscreteVae.Annealing a, Pass pass) {
    Tensor squeezed = LogitLaplace.squeeze(pixels);
    Variable z = encoder.forward(Variable.of(squeezed), pass); // (B, h·w, d)
    Variable nll = likelihood(decoder.forward(z, pass), squeezed, a);
    return new DiscreteVae.Loss(nll, List.of(nll.value(), Tensor.of(new double[] {0})));
  }

  @Override
  public Tensor reconstruct(Tensor pixels) {
    return Autograd.noGrad(() -> {
      Variable x = Variable.of(LogitLaplace.squeeze(pixels));
      return LogitLaplace.pixels(decoder.forward(encoder.forward(x)).value());
    });
  }
}
