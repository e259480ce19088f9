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

/// Samples image tokens for captions, with a cache of keys and values, so that each position is
/// computed once, and a caption once for all its candidates.
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
    SparseTransformer.Decoding decoding = read(requests);
    int[] tokens = new int[n * c.imageLength()];
    int[] last = new int[n];
    int k = c.imageVocabulary();
    for (int slot = 0; slot < c.imageLength(); slot++) {
      int at = slot;
      float[] logits = decoding.next(Tensor.of(last.clone(), n)).toFloats(); // (n, K)
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

  /// Reads each different caption once, for all the requests that have it.
  private SparseTransformer.Decoding read(List<Request> requests) {
    TransformerConfig c = model.config();
    Map<List<Integer>, Integer> rows = new LinkedHashMap<>();
    int[] row = new int[requests.size()];
    for (int i = 0; i < row.length; i++) {
      int[] padded = c.padded(requests.get(i).caption());
      List<Integer> caption = Arrays.stream(padded).boxed().toList();
      row[i] = Objects.requireNonNullElse(rows.putIfAbsent(caption, rows.size()), rows.size() - 1);
    }
    int[] text = rows.keySet().stream().flatMap(List::stream).mapToInt(t -> t).toArray();
    SparseTransformer.Decoding decoding = model.read(Tensor.of(text, rows.size(), c.textLength()));
    return rows.size() == row.length ? decoding : decoding.select(row);
  }
}
