package smalti.nn.precision;

import java.util.Locale;
import java.util.NavigableMap;
import java.util.TreeMap;
import smalti.tensor.Tensor;

/// Counts numbers by their binary exponent, `⌊log2 |x|⌋`, so that one sees which of them a format
/// can hold.
public final class ExponentHistogram {
  private final NavigableMap<Integer, Long> counts = new TreeMap<>();
  private long zeros;
  private long notFinite;

  /// Makes an empty histogram.
  public ExponentHistogram() {}

  /// Counts a tensor's elements.
  public void add(Tensor t) {
    for (float x : t.toFloats()) {
      add(x);
    }
  }

  /// Counts a number.
  public void add(float x) {
    if (x == 0) {
      zeros++;
    } else if (!Float.isFinite(x)) {
      notFinite++;
    } else {
      counts.merge(Math.getExponent((double) x), 1L, Long::sum);
    }
  }

  /// Returns how many numbers have each exponent; exponents that none has are left out.
  public NavigableMap<Integer, Long> counts() {
    return new TreeMap<>(counts);
  }

  /// Returns how many numbers are zero.
  public long zeros() {
    return zeros;
  }

  /// Returns how many numbers are infinite or NaN.
  public long notFinite() {
    return notFinite;
  }

  /// Returns the number of all numbers.
  public long total() {
    return zeros + notFinite + counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Returns the fraction of the numbers other than zero whose exponent is too small for a format
  /// when they are multiplied by a scale: they become zero, but for those just at the border.
  public double below(FloatFormat format, double scale) {
    int least = Math.getExponent(format.smallest());
    int shift = Math.getExponent(scale);
    long lost = 0;
    for (long n : counts.headMap(least - shift - 1, true).values()) {
      lost += n;
    }
    long all = total() - zeros;
    return all == 0 ? 0 : (double) lost / all;
  }

  /// Returns a table with a line for each exponent.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    long most = counts.values().stream().mapToLong(Long::longValue).max().orElse(1);
    counts.forEach((exponent, n) ->
        text.append(
            String.format(
                Locale.ROOT, "2^%-4d %,10d %s%n", exponent, n, "#".repeat((int) (40 * n / most)))));
    return text.append(String.format(Locale.ROOT, "zero   %,10d%n", zeros)).toString();
  }
}
