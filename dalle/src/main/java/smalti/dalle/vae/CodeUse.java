package smalti.dalle.vae;

import java.util.Arrays;
import smalti.tensor.Tensor;

/// Says how a codebook is used.
///
/// @param counts how often each code occurs
public record CodeUse(long[] counts) {
  private static final double LEAST_PERPLEXITY = 1.5;
  private static final double LEAST_EVEN = 1.0 / 50;
  private static final double LEAST_USED = 1.0 / 10;

  /// Counts the codes of tokens, I32 of any shape.
  ///
  /// @param vocabulary number of codes
  public static CodeUse of(Tensor tokens, int vocabulary) {
    CodeUse use = none(vocabulary);
    use.add(tokens);
    return use;
  }

  /// Returns that of no tokens, to be added to.
  public static CodeUse none(int vocabulary) {
    return new CodeUse(new long[vocabulary]);
  }

  /// Counts more tokens, I32 of any shape.
  public void add(Tensor tokens) {
    for (int token : tokens.toInts()) {
      counts[token]++;
    }
  }

  /// Returns the number of codes that do not occur.
  public int dead() {
    int dead = 0;
    for (long count : counts) {
      dead += count == 0 ? 1 : 0;
    }
    return dead;
  }

  /// Returns the fraction of codes that occur at least once.
  public double used() {
    return 1 - (double) dead() / counts.length;
  }

  /// Returns the exponential of the entropy of the codes' frequencies: how many codes would carry
  /// as much if all were used alike. 1 where nothing was counted.
  public double perplexity() {
    double total = 0;
    for (long count : counts) {
      total += count;
    }
    double entropy = 0;
    for (long count : counts) {
      if (count > 0) {
        entropy -= count / total * Math.log(count / total);
      }
    }
    return Math.exp(entropy);
  }

  /// Returns whether few codes carry almost everything, or hardly any occur at all: a perplexity
  /// below a fiftieth of the number of codes, or less than a tenth of those in use that could be.
  public boolean collapsed() {
    long total = Arrays.stream(counts).sum();
    double could = Math.min(counts.length, total);
    return perplexity() < Math.max(LEAST_PERPLEXITY, LEAST_EVEN * counts.length)
        || counts.length - dead() < LEAST_USED * could;
  }
}
