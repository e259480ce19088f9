package smalti.tensor.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Holds the width of vectors, and loads and sums them. `-XX:MaxVectorSize=16` or `32` narrows
/// them.
final class Lanes {
  /// The widest vectors of floats that the machine has.
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  /// Vectors of as many ints.
  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

  /// The number of floats in a vector, a power of 2.
  static final int COUNT = FLOATS.length();

  private static final VectorShuffle<Float> BY_8 = rotation(8);
  private static final VectorShuffle<Float> BY_4 = rotation(4);
  private static final VectorShuffle<Float> BY_2 = rotation(2);
  private static final VectorShuffle<Float> BY_1 = rotation(1);

  private Lanes() {}

  private static VectorShuffle<Float> rotation(int distance) {
    return VectorShuffle.fromOp(FLOATS, i -> (i + distance) & (COUNT - 1));
  }

  /// Returns what exchanges lanes that are `distance`, a power of 2, apart.
  static VectorShuffle<Float> exchange(int distance) {
    return VectorShuffle.fromOp(FLOATS, i -> (i ^ distance) & (COUNT - 1));
  }

  /// Returns the latter of the lanes that [#exchange] exchanges.
  static VectorMask<Float> latter(int distance) {
    boolean[] latter = new boolean[COUNT];
    for (int i = 0; i < COUNT; i++) {
      latter[i] = (i & distance) != 0;
    }
    return VectorMask.fromArray(FLOATS, latter, 0);
  }

  /// Returns a number of elements rounded up to whole vectors.
  static int whole(int n) {
    return (n + COUNT - 1) / COUNT * COUNT;
  }

  static FloatVector load(float[] x, int at) {
    return FloatVector.fromArray(FLOATS, x, at);
  }

  /// Loads the first `n` lanes, the others 0.
  static FloatVector load(float[] x, int at, int n) {
    return FloatVector.fromArray(FLOATS, x, at, first(n));
  }

  /// Stores the first `n` lanes.
  static void store(FloatVector v, float[] out, int at, int n) {
    v.intoArray(out, at, first(n));
  }

  static VectorMask<Float> first(int n) {
    return FLOATS.indexInRange(0, n);
  }

  static FloatVector all(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  static IntVector allInts(int value) {
    return IntVector.broadcast(INTS, value);
  }

  /// Returns the sum of the lanes, halves folded onto each other: the same bits in the interpreter
  /// and in compiled code, which `reduceLanes` does not promise for sums.
  static float sum(FloatVector v) {
    FloatVector s = v;
    if (COUNT > 16) {
      return sumInOrder(v);
    }
    if (COUNT > 8) {
      s = s.add(s.rearrange(BY_8));
    }
    if (COUNT > 4) {
      s = s.add(s.rearrange(BY_4));
    }
    if (COUNT > 2) {
      s = s.add(s.rearrange(BY_2));
    }
    return s.add(s.rearrange(BY_1)).lane(0);
  }

  /// Returns the larger of two lanes; the first where one is NaN. Cheaper than `max`, which has to
  /// look for NaN.
  static FloatVector larger(FloatVector a, FloatVector b) {
    return a.blend(b, b.compare(VectorOperators.GT, a));
  }

  private static float sumInOrder(FloatVector v) {
    float sum = 0;
    for (float lane : v.toArray()) {
      sum += lane;
    }
    return sum;
  }
}
