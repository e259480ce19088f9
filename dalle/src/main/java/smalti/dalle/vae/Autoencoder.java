package smalti.dalle.vae;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import smalti.autograd.Variable;
import smalti.nn.Module;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Is a model that makes little of a picture and the picture again of that: [DiscreteVae], and for
/// study its simpler relatives, of the same encoder, decoder and likelihood.
public abstract class Autoencoder extends Module {
  private final VaeConfig config;

  /// Makes a model without parts.
  Autoencoder(VaeConfig config) {
    this.config = config;
  }

  /// Names the kinds of auto-encoder.
  public enum Kind {
    /// [PlainAutoencoder].
    AE,
    /// [GaussianVae].
    GAUSSIAN,
    /// [VqVae].
    VQ,
    /// [DiscreteVae].
    VAE;

    /// Returns the kinds by their names in the program: `ae`, `gaussian`, `vq`, `vae`.
    public static Map<String, Kind> byName() {
      Map<String, Kind> kinds = new LinkedHashMap<>();
      for (Kind kind : values()) {
        kinds.put(kind.stage(), kind);
      }
      return kinds;
    }

    /// Returns the name in the program, as of a stage of training and its files.
    public String stage() {
      return name().toLowerCase(Locale.ROOT);
    }

    /// Returns whether models of this kind choose among `vocabulary` codes.
    public boolean hasCodebook() {
      return this == VQ || this == VAE;
    }

    /// Makes an untrained model.
    public Autoencoder create(VaeConfig config, Random random) {
      return switch (this) {
        case AE -> new PlainAutoencoder(config, random);
        case GAUSSIAN -> new GaussianVae(config, random);
        case VQ -> new VqVae(config, random);
        case VAE -> new DiscreteVae(config, random);
      };
    }
  }

  /// Returns the sizes.
  public final VaeConfig config() {
    return config;
  }

  /// Returns which kind it is.
  public abstract Kind kind();

  /// Computes what is minimised, on a batch.
  ///
  /// @param pixels (B, 3, H, W) of `[0, 1]`
  public abstract DiscreteVae.Loss loss(Tensor pixels, DiscreteVae.Annealing a, Pass pass);

  /// Returns pictures through the model and back, without noise or gradients.
  ///
  /// @param pixels (B, 3, H, W) of `[0, 1]`
  /// @return the same shape
  public abstract Tensor reconstruct(Tensor pixels);

  /// Returns the codes of pictures, I32 (B, h·w).
  ///
  /// @param pixels (B, 3, H, W) of `[0, 1]`
  /// @throws UnsupportedOperationException if the model has no codebook
  public Tensor tokens(Tensor pixels) {
    throw new UnsupportedOperationException(kind() + " has no codes");
  }

  /// Returns the negative log-likelihood of pictures given maps, in nats per channel and pixel.
  final Variable likelihood(Variable maps, Tensor squeezed, DiscreteVae.Annealing a) {
    return a.likelihood().negativeLog(maps, squeezed);
  }

  /// Returns how many channel values one position of the grid stands for.
  final double perToken() {
    return 3.0 * config.factor() * config.factor();
  }

  /// Returns sizes for an encoder that gives, or a decoder that takes, vectors instead of a choice
  /// of codes.
  static VaeConfig dense(VaeConfig c, int channels) {
    VaeConfig.Scales s = c.scales();
    return new VaeConfig(
        c.imageSize(),
        c.groups(),
        c.blocksPerGroup(),
        c.hidden(),
        c.inputKernel(),
        c.codeWidth(),
        channels,
        new VaeConfig.Scales(
            s.centred(), 1, s.encoderGain(), s.decoderGain(), 1 / Math.sqrt(channels)));
  }
}
