package smalti.dalle.evaluate;

import java.util.List;
import java.util.function.Supplier;
import smalti.autograd.Autograd;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.TokenSet;
import smalti.dalle.transformer.SparseTransformer;
import smalti.nn.Pass;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Judges a transformer by how well it predicts the image tokens of captioned pictures.
///
/// @param imageBitsPerToken mean cross-entropy of image tokens given the plainest caption, in bits
/// @param textBitsPerToken mean cross-entropy of text positions, pads included, in bits
public record DalleEvaluation(double imageBitsPerToken, double textBitsPerToken) {
  private static final int BATCH = 32;

  /// Evaluates a model on the first `limit` pictures of a set.
  public static DalleEvaluation of(
      SparseTransformer model, TokenSet tokens, BpeTokenizer tokenizer, int limit) {
    PictureSet pictures = tokens.pictures();
    int count = Math.min(limit, pictures.count());
    int length = model.config().textLength();
    double image = 0;
    double text = 0;
    for (int from = 0; from < count; from += BATCH) {
      int n = Math.min(BATCH, count - from);
      int[] which = new int[n];
      int[] ids = new int[n * length];
      for (int i = 0; i < n; i++) {
        which[i] = from + i;
        String caption = pictures.data().example(pictures.index(from + i)).caption();
        System.arraycopy(
            model.config().padded(tokenizer.encode(caption)), 0, ids, i * length, length);
      }
      Tensor captions = Tensor.of(ids, n, length);
      Supplier<List<Tensor>> losses =
          () ->
              Autograd.noGrad(() -> model.loss(captions, tokens.tokens(which), Pass.inference()))
                  .parts();
      List<Tensor> parts = Backends.current().passing(losses);
      text += n * parts.getFirst().item();
      image += n * parts.getLast().item();
    }
    double bits = count * Math.log(2);
    return new DalleEvaluation(image / bits, text / bits);
  }
}
