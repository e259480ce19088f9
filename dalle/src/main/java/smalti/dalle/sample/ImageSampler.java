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
    int[] text = new int[n * c.textLength()];
    for (int i = 0; i < n; i++) {
      int[] padded = c.padded(requests.get(i).caption());
      System.arraycopy(padded, 0, text, i * c.textLength(), c.textLength());
    }
    SparseTransformer.Decoding decoding = model.read(Tensor.of(text, n, c.textLength()));
    int[] tokens = new int[n * c.imageLength()];
    int[] last = new int[n];
    for (int slot = 0; slot < c.imageLength(); slot++) {
      float[] logits = decoding.next(Tensor.of(last.clone(), n)).toFloats(); // (n, K)
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
}
