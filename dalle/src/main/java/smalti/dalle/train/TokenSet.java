package smalti.dalle.train;

import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Tensor;

/// Holds the image tokens of a set of pictures, encoded once by the trained dVAE.
public final class TokenSet {
  private static final int BATCH = 64;

  private final PictureSet pictures;
  private final int[] tokens;
  private final int length;

  /// Encodes all pictures.
  public TokenSet(PictureSet pictures, DiscreteVae vae) {
    this.pictures = pictures;
    this.length = vae.config().tokens();
    this.tokens = new int[pictures.count() * length];
    for (int from = 0; from < pictures.count(); from += BATCH) {
      int[] which = range(from, Math.min(pictures.count(), from + BATCH));
      int[] batch = vae.encode(pictures.pictures(which)).toInts();
      System.arraycopy(batch, 0, tokens, from * length, batch.length);
    }
  }

  static int[] range(int from, int to) {
    return java.util.stream.IntStream.range(from, to).toArray();
  }

  /// Returns the pictures that the tokens are of.
  public PictureSet pictures() {
    return pictures;
  }

  /// Returns the tokens of pictures, I32 (B, I).
  public Tensor tokens(int... which) {
    int[] out = new int[which.length * length];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(tokens, which[i] * length, out, i * length, length);
    }
    return Tensor.of(out, which.length, length);
  }

  /// Returns how often each code occurs.
  public long[] usage(int vocabulary) {
    long[] counts = new long[vocabulary];
    for (int token : tokens) {
      counts[token]++;
    }
    return counts;
  }
}
