package smalti.dalle.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import smalti.dalle.transformer.TransformerConfig;

/// Counts the bytes of tensors that are alive at the worst moment of an update on this library's
/// own engine, all in 32 bits. What a step makes is kept to its end, to be lent to the next one
/// ([smalti.tensor.backend.Backend#step]); so what ops save is added up, and what they make and
/// nobody saves, and the arrays that serve one gradient after the other. With checkpoints a block's
/// own tensors are the collector's, and the backward pass is walked through block by block.
///
/// Java's heap needs room beyond this for what the collector has not yet found, and for the
/// pictures in memory.
///
/// @param parameters of the model
/// @param gradients of all parameters, alive at the end of the backward pass
/// @param moments both of Adam's
/// @param average of the parameters, where there is one
/// @param activations saved by the forward pass
/// @param peak alive at the worst moment
/// @param worst says which moment that is
public record EngineMemory(
    long parameters,
    long gradients,
    long moments,
    long average,
    long activations,
    long peak,
    String worst) {
  private static final long BYTES = 4;

  /// Counts.
  ///
  /// @param batch captioned pictures that are computed at once
  /// @param checkpoint whether each block keeps its input only
  /// @param average whether an average of the parameters is kept
  public static EngineMemory of(
      TransformerConfig c, int batch, boolean checkpoint, boolean average) {
    long p = ParameterCount.of(c).total();
    Sizes s = new Sizes(c, batch);
    long saved = (checkpoint ? s.states() : s.saved()) * c.layers() + s.head();
    long fixed = p + 2 * p + (average ? p : 0);
    Map<String, Long> moments = new LinkedHashMap<>();
    long scores = s.imageScores() + s.textScores();
    if (checkpoint) {
      long above = s.outputGradients();
      for (int block = c.layers() - 1; block >= 0; block--) {
        long own = s.saved() + 2 * s.states() + s.idle();
        long walk = s.head() + scores + s.perceptron();
        moments.put("the perceptron of block " + block, s.states() * block + own + walk + above);
        above += s.blockGradients();
      }
      moments.put("the optimiser", s.head() + scores + s.perceptron() + p + s.scaled());
    } else {
      long made = saved + s.passing() * c.layers();
      moments.put("the optimiser", made + scores + s.perceptron() + p + s.scaled());
    }
    Map.Entry<String, Long> worst =
        moments.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
    return new EngineMemory(
        BYTES * p,
        BYTES * p,
        BYTES * 2 * p,
        average ? BYTES * p : 0,
        BYTES * saved,
        BYTES * (fixed + worst.getValue()),
        worst.getKey());
  }

  /// Counts numbers, not bytes.
  private record Sizes(TransformerConfig c, long batch) {
    /// Of one (B, T, C).
    long states() {
      return rows() * c.width();
    }

    long rows() {
      return batch * c.length();
    }

    /// What a block saves: the stream before both branches (2), both norms' results (2) and their
    /// statistics, q, k and v (3), attention's result (1) and denominators, the hidden layer before
    /// and after its function (8).
    long saved() {
      return 16 * states() + rows() * (4 + c.heads());
    }

    /// The stream before the last norm, the norm's result cut in two, the scores.
    long head() {
      return 2 * states() + 2 * rows() + textScores() + imageScores() + rows();
    }

    long textScores() {
      return batch * c.textLength() * c.textClasses();
    }

    long imageScores() {
      return batch * c.imageLength() * c.imageVocabulary();
    }

    /// While the function of the hidden layer goes backward: the stream's gradient, the hidden
    /// layer's after and before it (9 states), and the last matrix's; and the arrays that the
    /// backward pass keeps to lend again, which the attention's gradients had (6 states).
    long perceptron() {
      return 15 * states() + 4L * c.width() * c.width();
    }

    /// A backward pass within a backward pass keeps arrays of its own, so those of the pass around
    /// it lie idle.
    long idle() {
      return 9 * states();
    }

    long outputGradients() {
      return ((long) c.textClasses() + c.imageVocabulary()) * (c.width() + 1);
    }

    long blockGradients() {
      return 12L * c.width() * c.width() + 13L * c.width();
    }

    /// As much as the branches' results, which nobody saves: they are lent again once they are
    /// added to the stream, but arrays of other lengths wait for nothing. Found by measuring.
    long passing() {
      return 2 * states();
    }

    /// Clipping makes a copy of each gradient, one after the other: one array of each length.
    long scaled() {
      return 8L * c.width() * c.width()
          + (long) c.width() * (c.textClasses() + c.imageVocabulary());
    }
  }
}
