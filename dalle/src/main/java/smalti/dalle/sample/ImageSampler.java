package smalti.dalle.sample;

import java.util.List;
import java.util.function.IntConsumer;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Samples image tokens for captions, with a cache of keys and values, so that each position is
/// computed once.
///
/// The random number of a draw depends on the seed, the candidate's number and the position only: a
/// candidate is the same alone or in a batch.
///
/// With guidance every picture is scored twice, with its caption and with an empty one; the model
/// must have been trained on some empty captions.
public final class ImageSampler {
  private final SparseTransformer model;
  private final Sampling sampling;

  /// Makes a sampler.
  public ImageSampler(SparseTransformer model, Sampling sampling) {
    this.model = model;
    this.sampling = sampling;
  }

  /// Is one picture to be sampled.
  ///
  /// @param caption BPE tokens
  /// @param random decides it
  public record Request(int[] caption, Random random) {
    /// Returns the request for a numbered candidate of a seed.
    public static Request of(int[] caption, long seed, int candidate) {
      return new Request(caption, Random.of(seed).split("candidate").split(candidate));
    }
  }

  /// Samples pictures for several requests at once.
  ///
  /// @param progress is told after each image position how many are done
  /// @return I32 (requests, I)
  public Tensor sample(List<Request> requests, IntConsumer progress) {
    TransformerConfig c = model.config();
    int n = requests.size();
    SparseTransformer.Decoding decoding = model.read(captions(requests));
    int[] tokens = new int[n * c.imageLength()];
    int[] last = new int[n];
    for (int slot = 0; slot < c.imageLength(); slot++) {
      float[] logits = guided(decoding.next(previous(last)), n); // (n, K)
      for (int i = 0; i < n; i++) {
        int k = c.imageVocabulary();
        float[] row = java.util.Arrays.copyOfRange(logits, i * k, (i + 1) * k);
        double u = requests.get(i).random().split(slot).nextDouble();
        last[i] = TokenSampler.draw(row, sampling, u);
        tokens[i * c.imageLength() + slot] = last[i];
      }
      progress.accept(slot + 1);
    }
    return Tensor.of(tokens, n, c.imageLength());
  }

  private boolean guides() {
    return sampling.guidance() != 1;
  }

  /// Returns the captions and, for guidance, as many empty ones: (n, T) or (2n, T).
  private Tensor captions(List<Request> requests) {
    TransformerConfig c = model.config();
    int n = requests.size();
    int rows = guides() ? 2 * n : n;
    int[] text = new int[rows * c.textLength()];
    for (int i = 0; i < rows; i++) {
      int[] padded = c.padded(i < n ? requests.get(i).caption() : new int[0]);
      System.arraycopy(padded, 0, text, i * c.textLength(), c.textLength());
    }
    return Tensor.of(text, rows, c.textLength());
  }

  /// Returns the tokens chosen last, for guidance twice: (n) or (2n).
  private Tensor previous(int[] last) {
    int n = last.length;
    int[] out = java.util.Arrays.copyOf(last, guides() ? 2 * n : n);
    System.arraycopy(last, 0, out, out.length - n, n);
    return Tensor.of(out, out.length);
  }

  /// Returns the scores that are drawn from: (n, K) or (2n, K) to (n, K).
  private float[] guided(Tensor logits, int n) {
    float[] scores = logits.toFloats();
    if (!guides()) {
      return scores;
    }
    float[] out = new float[n * logits.dim(1)];
    for (int i = 0; i < out.length; i++) {
      float without = scores[out.length + i];
      out[i] = (float) (without + sampling.guidance() * (scores[i] - without));
    }
    return out;
  }
}
