package smalti.dalle.vae;

import java.util.List;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Losses;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Is the vector-quantised auto-encoder of van den Oord et al. (2017): each position's vector is
/// replaced by the nearest of `vocabulary` codes of `codeWidth` numbers. Gradients pass the
/// replacement unchanged (straight-through); codes move towards the vectors that choose them, and
/// those are held near their codes.
///
/// Parameters: the encoder's, the decoder's, `codebook` (K, d).
public final class VqVae extends Autoencoder {
  /// How much vectors are held near their codes, against codes moving towards vectors.
  private static final double COMMITMENT = 0.25;

  private final Encoder encoder;
  private final Decoder decoder;
  private final Parameter codebook;

  /// Makes an untrained model.
  public VqVae(VaeConfig config, Random random) {
    super(config);
    VaeConfig dense = dense(config, config.codeWidth());
    this.encoder = child("encoder", new Encoder(dense, random.split("encoder")));
    this.decoder = child("decoder", new Decoder(dense, random.split("decoder")));
    Shape shape = Shape.of(config.vocabulary(), config.codeWidth());
    this.codebook = param("codebook", random.split("codebook").normal(shape));
  }

  @Override
  public Kind kind() {
    return Kind.VQ;
  }

  /// Computes the negative log-likelihood plus the two distances between vectors and codes; `kl` is
  /// `ln K` for each position, as the codes are certain and their prior uniform.
  @Override
  public DiscreteVae.Loss loss(Tensor pixels, DiscreteVae.Annealing a, Pass pass) {
    Tensor squeezed = LogitLaplace.squeeze(pixels);
    Variable z = encoder.forward(Variable.of(squeezed), pass); // (B, h·w, d)
    Variable code = codebook.embedding(nearest(z.value(), codebook.value())); // (B, h·w, d)
    Variable maps = decoder.forward(straightThrough(z, code.value()), pass);
    Variable nll = likelihood(maps, squeezed, a);
    Variable codes = Losses.mse(code, Variable.of(z.value()));
    Variable commitment = Losses.mse(z, Variable.of(code.value()));
    Variable loss = nll.add(codes).add(commitment.mul(COMMITMENT));
    Tensor kl = Tensor.of(new double[] {Math.log(config().vocabulary())});
    return new DiscreteVae.Loss(loss, List.of(nll.value(), kl));
  }

  /// Returns the value of `code` with the gradient of `z`.
  static Variable straightThrough(Variable z, Tensor code) {
    return z.add(Variable.of(code.sub(z.value())));
  }

  /// Returns the nearest code of each vector by Euclidean distance, the first one of several.
  ///
  /// @param z (…, d)
  /// @param codebook (K, d)
  /// @return I32 (…)
  static Tensor nearest(Tensor z, Tensor codebook) {
    // The least |z − e|² is the largest z·e − |e|²/2.
    Tensor half = codebook.mul(codebook).sum(1).mul(0.5); // (K)
    return z.matmul(codebook.transpose(0, 1)).sub(half).argmax();
  }

  @Override
  public Tensor tokens(Tensor pixels) {
    Variable x = Variable.of(LogitLaplace.squeeze(pixels));
    return Autograd.noGrad(() -> nearest(encoder.forward(x).value(), codebook.value()));
  }

  @Override
  public Tensor reconstruct(Tensor pixels) {
    return Autograd.noGrad(() -> {
      Variable codes = codebook.embedding(tokens(pixels));
      return LogitLaplace.pixels(decoder.forward(codes).value());
    });
  }
}
