package smalti.dalle.sample;

import java.util.Arrays;
import smalti.dalle.family.CausalModel;
import smalti.tensor.Random;

/// Continues a sequence with a [CausalModel], greedily, with top-k or top-p: text, or the pixels of
/// image GPT. The random number of a draw depends on the seed and the position only.
public final class TextSampler {
  private final CausalModel model;
  private final Sampling sampling;

  /// Makes a sampler.
  public TextSampler(CausalModel model, Sampling sampling) {
    this.model = model;
    this.sampling = sampling;
  }

  /// Returns a prompt and what follows it.
  ///
  /// @param prompt tokens; may be empty for an image model, which has a start symbol
  /// @param count how many tokens to add
  /// @throws IllegalArgumentException if a text model is given no prompt, or all together is longer
  ///   than the model reads
  public int[] sample(int[] prompt, int count, Random random) {
    boolean image = model.config().image();
    int length = prompt.length + count;
    if (prompt.length == 0 && !image) {
      throw new IllegalArgumentException("TextSampler: a text model needs a prompt; it is empty");
    }
    if (length > model.config().length()) {
      throw new IllegalArgumentException(
          "TextSampler: %d and %d more tokens are longer than the model's %d"
              .formatted(prompt.length, count, model.config().length()));
    }
    int[] tokens = Arrays.copyOf(prompt, length);
    CausalModel.Decoding decoding = model.decoding();
    float[] scores = image ? decoding.begin() : new float[0];
    for (int i = 0; i < length; i++) {
      if (i >= prompt.length) {
        tokens[i] = TokenSampler.draw(scores, sampling, random.split(i).nextDouble());
      }
      if (i + 1 < length) {
        scores = decoding.next(tokens[i]);
      }
    }
    return tokens;
  }
}
