package smalti.dalle.sample;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.tensor.Parallel;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Samples image tokens for captions, with a cache of keys and values, so that each position is
/// computed once, and a caption once for all its candidates.
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
    // Caches and packed weights are large; the next batch of candidates is lent the same arrays.
    return Backends.current().passing(() -> List.of(draw(requests, progress))).getFirst();
  }

  private Tensor draw(List<Request> requests, IntConsumer progress) {
    TransformerConfig c = model.config();
    int n = requests.size();
    SparseTransformer.Decoding decoding = read(requests);
    int[] tokens = new int[n * c.imageLength()];
    int[] last = new int[n];
    int k = c.imageVocabulary();
    for (int slot = 0; slot < c.imageLength(); slot++) {
      int at = slot;
      float[] logits = guided(decoding.next(previous(last)), n); // (n, K)
      Parallel.range(
          n,
          1,
          (start, end) -> {
            for (int i = start; i < end; i++) {
              float[] row = Arrays.copyOfRange(logits, i * k, (i + 1) * k);
              double u = requests.get(i).random().split(at).nextDouble();
              last[i] = TokenSampler.draw(row, sampling, u);
              tokens[i * c.imageLength() + at] = last[i];
            }
          });
      progress.accept(slot + 1);
    }
    return Tensor.of(tokens, n, c.imageLength());
  }

  private boolean guides() {
    return sampling.guidance() != 1;
  }

  /// Reads each different caption once, for all the requests that have it; for guidance the empty
  /// one, too, for as many rows again.
  private SparseTransformer.Decoding read(List<Request> requests) {
    TransformerConfig c = model.config();
    int n = requests.size();
    Map<List<Integer>, Integer> rows = new LinkedHashMap<>();
    int[] row = new int[guides() ? 2 * n : n];
    for (int i = 0; i < row.length; i++) {
      int[] padded = c.padded(i < n ? requests.get(i).caption() : new int[0]);
      List<Integer> caption = Arrays.stream(padded).boxed().toList();
      row[i] = Objects.requireNonNullElse(rows.putIfAbsent(caption, rows.size()), rows.size() - 1);
    }
    int[] text = rows.keySet().stream().flatMap(List::stream).mapToInt(t -> t).toArray();
    SparseTransformer.Decoding decoding = model.read(Tensor.of(text, rows.size(), c.textLength()));
    return rows.size() == row.length ? decoding : decoding.select(row);
  }

  /// Returns the tokens chosen last, for guidance twice: (n) or (2n).
  private Tensor previous(int[] last) {
    int n = last.length;
    int[] out = Arrays.copyOf(last, guides() ? 2 * n : n);
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
