package smalti.dalle.sample;

/// Holds the settings of sampling. They act in the order guidance, temperature, top-k, top-p, the
/// last three as in GPT-2.
///
/// @param temperature divides the logits; 0 takes the most likely token always (greedy)
/// @param topK keeps the `topK` most likely tokens; 0 keeps all
/// @param topP keeps the most likely tokens whose probabilities reach `topP` together; 1 keeps all
/// @param guidance how far the logits are moved away from those without a caption, `without +
///   guidance · (with − without)` (Gafni et al. 2022, after Ho and Salimans 2022); 1 leaves them as
///   they are, and costs half as much
public record Sampling(double temperature, int topK, double topP, double guidance) {
  /// Checks the ranges.
  ///
  /// @throws IllegalArgumentException if one is outside
  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature must be 0 or more; got " + temperature);
    }
    if (topK < 0) {
      throw new IllegalArgumentException("top-k must be 0 (off) or more; got " + topK);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top-p must be in (0, 1]; got " + topP);
    }
    if (!(guidance >= 0) || Double.isInfinite(guidance)) {
      throw new IllegalArgumentException("guidance must be 0 or more; got " + guidance);
    }
  }

  /// Makes settings without guidance.
  public Sampling(double temperature, int topK, double topP) {
    this(temperature, topK, topP, 1);
  }

  /// Returns the paper's setting: temperature 1, nothing cut off.
  public static Sampling paper() {
    return new Sampling(1, 0, 1);
  }

  /// Returns the setting that always takes the most likely token.
  public static Sampling greedy() {
    return new Sampling(0, 0, 1);
  }
}
