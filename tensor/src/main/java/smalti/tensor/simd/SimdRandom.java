package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import smalti.tensor.Philox;

/// Computes [Philox], the blocks of several counters at a time: the same bits. Words lie in the
/// lower halves of longs, whose product of 64 bits gives both words that a round needs.
final class SimdRandom {
  private static final VectorSpecies<Long> LONGS = FLOATS.withLanes(long.class);

  /// Blocks at a time.
  private static final int BLOCKS = LONGS.length();

  private static final long WORD = 0xffffffffL;
  private static final VectorShuffle<Long> FIRST_TWICE = VectorShuffle.fromOp(LONGS, i -> i / 2);
  private static final VectorShuffle<Long> LAST_TWICE =
      VectorShuffle.fromOp(LONGS, i -> (BLOCKS + i) / 2);
  private static final VectorMask<Long> ODD = VectorMask.fromLong(LONGS, 0xaaaaaaaaaaaaaaaaL);

  private SimdRandom() {}

  /// Writes the numbers of the open interval (0, 1) that belong to the indices from `start`, a
  /// multiple of 4, four of each block, and returns how many: as many as make whole vectors.
  static int uniforms(long key, int start, float[] out, int at, int n) {
    // C2 multiplies words, not longs, only where it sees that both factors are words.
    LongVector m0 = LongVector.broadcast(LONGS, Philox.M0).and(WORD);
    LongVector m1 = LongVector.broadcast(LONGS, Philox.M1).and(WORD);
    int step = 4 * BLOCKS;
    int i = 0;
    for (; i <= n - step; i += step) {
      LongVector c0 = LongVector.zero(LONGS).addIndex(1).add((start + i) / 4);
      LongVector c1 = LongVector.zero(LONGS);
      LongVector c2 = c1;
      LongVector c3 = c1;
      int k0 = (int) key;
      int k1 = (int) (key >>> 32);
      for (int round = 0; round < Philox.ROUNDS; round++) {
        LongVector p0 = c0.and(WORD).mul(m0);
        LongVector p1 = c2.and(WORD).mul(m1);
        c0 = p1.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c1);
        c0 = c0.lanewise(VectorOperators.XOR, k0 & WORD);
        c1 = p1.and(WORD);
        c2 = p0.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c3);
        c2 = c2.lanewise(VectorOperators.XOR, k1 & WORD);
        c3 = p0.and(WORD);
        k0 += Philox.W0;
        k1 += Philox.W1;
      }
      LongVector first = c0.or(c1.lanewise(VectorOperators.LSHL, 32)); // words 0 and 1
      LongVector last = c2.or(c3.lanewise(VectorOperators.LSHL, 32)); // words 2 and 3
      LongVector lower = first.rearrange(FIRST_TWICE).blend(last.rearrange(FIRST_TWICE), ODD);
      LongVector upper = first.rearrange(LAST_TWICE).blend(last.rearrange(LAST_TWICE), ODD);
      unit(lower.reinterpretAsInts()).intoArray(out, at + i);
      unit(upper.reinterpretAsInts()).intoArray(out, at + i + 2 * BLOCKS);
    }
    return i;
  }

  /// Does what [Philox#toOpenUnitFloat] does.
  private static FloatVector unit(IntVector bits) {
    IntVector whole = bits.lanewise(VectorOperators.LSHR, 9);
    FloatVector x = (FloatVector) whole.convert(VectorOperators.I2F, 0);
    return x.add(0.5f).mul(0x1p-23f);
  }
}
