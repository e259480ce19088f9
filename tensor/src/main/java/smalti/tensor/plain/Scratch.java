package smalti.tensor.plain;

/// Lends each thread buffers that live as long as the thread, so that kernels allocate nothing. A
/// buffer's contents are whatever was last written to it; two uses at a time need two slots.
final class Scratch {
  /// Names the buffers.
  enum Slot {
    /// The first operand of an elementwise function.
    A,
    /// The second operand.
    B,
    /// Scaled queries of attention.
    QUERIES,
    /// Scores and probabilities of attention.
    SCORES,
    /// Sums of weighted values of attention.
    SUMS,
    /// Gradients of scores.
    SCORE_GRADS,
    /// Unfolded patches of convolution.
    PATCHES,
    /// One row of a matrix product.
    ROW
  }

  private static final ThreadLocal<float[][]> BUFFERS =
      ThreadLocal.withInitial(() -> new float[Slot.values().length][0]);

  private Scratch() {}

  /// Returns this thread's buffer of a slot, with room for `n` floats.
  static float[] floats(Slot slot, int n) {
    float[][] buffers = BUFFERS.get();
    float[] buffer = buffers[slot.ordinal()];
    if (buffer.length < n) {
      buffer = new float[Math.max(n, Math.min(2 * buffer.length, 1 << 20))];
      buffers[slot.ordinal()] = buffer;
    }
    return buffer;
  }
}
