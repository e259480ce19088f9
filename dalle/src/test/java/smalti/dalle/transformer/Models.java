package smalti.dalle.transformer;

import java.util.Arrays;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Makes small transformers whose every number counts, and streams for them.
final class Models {
  /// All of row, column and convolutional layers, in six layers on a 3×3 grid.
  static final TransformerConfig SPARSE =
      new TransformerConfig(4, 6, 3, 7, 12, 6, 3, TransformerConfig.Attention.SPARSE, 3, 0.1, 0);

  static final TransformerConfig FULL =
      new TransformerConfig(4, 6, 3, 7, 12, 2, 3, TransformerConfig.Attention.FULL, 3, 0, 0);

  /// Returns sizes without dropout but that of image tokens.
  static TransformerConfig withTokenDropout(double p) {
    return new TransformerConfig(4, 6, 3, 7, 12, 2, 3, TransformerConfig.Attention.FULL, 3, 0, p);
  }

  private Models() {}

  /// Returns a model with no parameter at its initial value: output matrices begin at zero, which
  /// would hide everything.
  static SparseTransformer model(TransformerConfig c) {
    SparseTransformer model = new SparseTransformer(c, Random.of(1));
    model
        .namedParameters()
        .forEach((name, p) -> p.assign(Random.of(2).split(name).normal(p.shape()).mul(0.5)));
    return model;
  }

  /// Returns captions of which some are padded, (batch, T).
  static Tensor text(TransformerConfig c, int batch) {
    Random random = Random.of(3);
    int[] tokens = new int[batch * c.textLength()];
    for (int b = 0; b < batch; b++) {
      int[] caption = new int[random.nextInt(c.textLength() + 1)];
      Arrays.setAll(caption, i -> random.nextInt(c.textVocabulary()));
      System.arraycopy(c.padded(caption), 0, tokens, b * c.textLength(), c.textLength());
    }
    return Tensor.of(tokens, batch, c.textLength());
  }

  /// Returns image tokens, (batch, I).
  static Tensor image(TransformerConfig c, int batch) {
    Random random = Random.of(4);
    int[] tokens = new int[batch * c.imageLength()];
    Arrays.setAll(tokens, i -> random.nextInt(c.imageVocabulary()));
    return Tensor.of(tokens, batch, c.imageLength());
  }
}
