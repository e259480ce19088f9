package smalti.bench;

import java.util.Map;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.VaeConfig;
import smalti.nn.Parameter;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Makes the models whose weights all implementations share.
public final class Models {
  private Models() {}

  /// Returns a transformer. Its output matrices, which begin at zero in a training, are drawn too:
  /// otherwise no gradient would reach the blocks.
  public static SparseTransformer transformer(TransformerConfig config) {
    Random random = Random.of(11);
    SparseTransformer model = new SparseTransformer(config, random);
    for (Map.Entry<String, Parameter> e : model.namedParameters().entrySet()) {
      if (e.getKey().endsWith("_logits.weight")) {
        Shape shape = e.getValue().shape();
        e.getValue().assign(random.split(e.getKey()).normal(shape).mul(0.1));
      }
    }
    return model;
  }

  /// Returns a discrete VAE.
  public static DiscreteVae vae(VaeConfig config) {
    return new DiscreteVae(config, Random.of(12));
  }

  /// Returns captions, I32 (B, T).
  public static Tensor text(TransformerConfig c, int batch) {
    return Work.ints("text", c.textVocabulary(), batch, c.textLength());
  }

  /// Returns image tokens, I32 (B, I).
  public static Tensor image(TransformerConfig c, int batch) {
    return Work.ints("image", c.imageVocabulary(), batch, c.imageLength());
  }
}
