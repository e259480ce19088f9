package smalti.tensor;

/// Computes Philox4x32-10, the counter-based generator of Salmon et al. 2011: ten rounds of
/// multiplication and exchange turn a 128-bit counter and a 64-bit key into 128 random bits.
public final class Philox {
  /// The multiplier of counter word 0.
  public static final int M0 = 0xD2511F53;

  /// The multiplier of counter word 2.
  public static final int M1 = 0xCD9E8D57;

  /// What each round adds to the key's low word.
  public static final int W0 = 0x9E3779B9;

  /// What each round adds to the key's high word.
  public static final int W1 = 0xBB67AE85;

  /// The number of rounds.
  public static final int ROUNDS = 10;

  private Philox() {}

  /// Writes the four random words of one counter.
  ///
  /// @param key the 64-bit key, its low word first
  /// @param low counter words 0 and 1
  /// @param high counter words 2 and 3
  /// @param out receives four words
  public static void block(long key, long low, long high, int[] out) {
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    int c0 = (int) low;
    int c1 = (int) (low >>> 32);
    int c2 = (int) high;
    int c3 = (int) (high >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = (M0 & 0xffffffffL) * (c0 & 0xffffffffL);
      long p1 = (M1 & 0xffffffffL) * (c2 & 0xffffffffL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
  }

  /// Returns a float of `[0, 1)` from the upper 24 of 32 random bits.
  public static float toUnitFloat(int bits) {
    return (bits >>> 8) * 0x1p-24f;
  }

  /// Returns a float of the open interval `(0, 1)` from the upper 23 of 32 random bits.
  public static float toOpenUnitFloat(int bits) {
    return ((bits >>> 9) + 0.5f) * 0x1p-23f;
  }
}
