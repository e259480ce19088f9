package smalti.dalle.evaluate;

import smalti.autograd.Autograd;
import smalti.dalle.train.PictureSet;
import smalti.dalle.vae.Autoencoder;
import smalti.dalle.vae.CodeUse;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Judges a relative of the dVAE by what comes back of pictures without noise, and by its bound.
///
/// @param psnrDb peak signal-to-noise ratio of the mean squared error over all pictures, in dB
/// @param elboNats mean evidence lower bound of a picture, in nats; of a plain auto-encoder, which
///   has no prior, the mean log-density
/// @param klNats the divergence from the prior in it
public record RelativeEvaluation(double psnrDb, double elboNats, double klNats) {
  /// Evaluates a model on a set of pictures.
  ///
  /// @param annealing likelihood of the bound
  public static RelativeEvaluation of(
      Autoencoder model, PictureSet pictures, DiscreteVae.Annealing annealing, Random random) {
    double nll = 0; // per channel value
    double kl = 0; // per position of the grid
    for (int from = 0; from < pictures.count(); from += VaeEvaluation.BATCH) {
      int n = Math.min(VaeEvaluation.BATCH, pictures.count() - from);
      Tensor x = pictures.pictures(VaeEvaluation.range(from, from + n)); // (B, 3, H, W)
      Pass pass = Pass.training(random.split(from));
      DiscreteVae.Loss loss = Autograd.noGrad(() -> model.loss(x, annealing, pass));
      nll += loss.nll() * n / pictures.count();
      kl += loss.kl() * n / pictures.count();
    }
    int side = model.config().imageSize();
    double klNats = kl * model.config().tokens();
    return new RelativeEvaluation(
        VaeEvaluation.psnrDb(model::reconstruct, pictures),
        -nll * 3 * side * side - klNats,
        klNats);
  }

  /// Returns how a set of pictures uses the codes of a model that has a codebook.
  public static CodeUse use(Autoencoder model, PictureSet pictures) {
    CodeUse use = CodeUse.none(model.config().vocabulary());
    for (int from = 0; from < pictures.count(); from += VaeEvaluation.BATCH) {
      int to = Math.min(pictures.count(), from + VaeEvaluation.BATCH);
      use.add(model.tokens(pictures.pictures(VaeEvaluation.range(from, to))));
    }
    return use;
  }
}
