package smalti.dalle.text;

import java.util.Arrays;

/// Holds the token ids of a caption that had to fit into a number of slots, and tells whether they
/// are all there.
///
/// A caption that is too long is a matter of choice (refuse it, warn, or go on with its beginning),
/// and the choice is the caller's: nothing here cuts in silence.
public final class Encoding {
  private final int[] ids;
  private final int fullLength;

  private Encoding(int[] ids, int fullLength) {
    this.ids = ids;
    this.fullLength = fullLength;
  }

  /// Keeps the first `maxTokens` of the ids.
  ///
  /// Throws `IllegalArgumentException` if `maxTokens` is negative.
  public static Encoding of(int[] ids, int maxTokens) {
    if (maxTokens < 0) {
      throw new IllegalArgumentException("maxTokens must be at least 0, not " + maxTokens + ".");
    }
    return new Encoding(Arrays.copyOf(ids, Math.min(ids.length, maxTokens)), ids.length);
  }

  /// Returns the kept ids, at most as many as were asked for, as a new array.
  public int[] ids() {
    return ids.clone();
  }

  /// Counts the tokens of the whole text.
  public int fullLength() {
    return fullLength;
  }

  /// Tells whether tokens are missing at the end.
  public boolean truncated() {
    return ids.length < fullLength;
  }

  /// Says how many tokens were kept, for people.
  @Override
  public String toString() {
    return truncated()
        ? "the first " + ids.length + " of " + fullLength + " tokens"
        : "all " + fullLength + " tokens";
  }
}
