package smalti.tensor.simd;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static smalti.tensor.simd.AttentionPlan.CHUNK;
import static smalti.tensor.simd.AttentionPlan.QUERY_STRIDE;
import static smalti.tensor.simd.AttentionPlan.STRIDE;
import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Measures queries and keys: no score is larger than the product of their lengths.
final class AttentionLengths {
  private static final SimdRowLoops LOOPS = new SimdRowLoops();

  private AttentionLengths() {}

  /// Returns the length of the longest of a head's transposed keys, passing over those that have a
  /// NaN.
  static float longestKey(AttentionWorkspace w, AttentionPlan plan, int width) {
    float most = 0;
    for (int chunk = 0; chunk < plan.chunks(); chunk++) {
      most = Math.max(most, columnSquares(w.keyPanels, chunk * width * STRIDE, width));
    }
    return (float) Math.sqrt(most);
  }

  /// Returns the length of the longest of a block's queries, as they were multiplied; NaN if one
  /// has a NaN.
  static float longestQuery(AttentionWorkspace w, int rows, int padded) {
    float most = 0;
    for (int i = 0; i < rows; i++) {
      int at = i * QUERY_STRIDE;
      most = Math.max(most, LOOPS.dot(w.queries, at, w.queries, at, padded));
    }
    return (float) Math.sqrt(most);
  }

  /// Returns the largest sum of squares of a chunk's keys, which lie transposed, `width` rows
  /// [AttentionPlan#STRIDE] apart. A NaN is passed over.
  private static float columnSquares(float[] panels, int at, int width) {
    FloatVector most = broadcast(FLOATS, 0);
    for (int j = at; j < at + CHUNK; j += 2 * COUNT) {
      FloatVector s0 = broadcast(FLOATS, 0);
      FloatVector s1 = broadcast(FLOATS, 0);
      for (int d = 0; d < width; d++) {
        FloatVector x0 = fromArray(FLOATS, panels, j + d * STRIDE);
        FloatVector x1 = fromArray(FLOATS, panels, j + d * STRIDE + COUNT);
        s0 = x0.fma(x0, s0);
        s1 = x1.fma(x1, s1);
      }
      most = Lanes.larger(Lanes.larger(most, s0), s1);
    }
    return most.reduceLanes(VectorOperators.MAX);
  }
}
