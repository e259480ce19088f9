package smalti.tensor.simd;

/// Lends each thread work arrays that are kept for the next time. Their contents are whatever the
/// last user left. An array belongs to one use at a time: kernels that call each other take
/// different uses.
final class Scratch {
  /// Names what an array is for.
  enum Use {
    /// Rows of the left factor, packed for [Tile].
    LEFT,
    /// A panel of the right factor, packed for [Tile].
    PANEL,
    /// The result of a tile that hangs over the edge of its matrix.
    TILE,
    /// Results that are not yet in their place.
    RESULT,
    /// A packed left factor that all threads read; owned by the thread that called the kernel.
    SHARED_LEFT,
    /// A packed right factor that all threads read; owned by the thread that called the kernel.
    SHARED_RIGHT,
    /// The transposed result of a product, read by all threads; owned by the thread that called the
    /// kernel.
    SHARED_RESULT,
    /// What sums begin with, read by all threads; owned by the thread that called the kernel.
    SHARED_START,
    /// Sums that are taken from gradients of attention's probabilities, read by all threads; owned
    /// by the thread that called the kernel.
    SHARED_DELTAS,
    /// A part of an image with its padding.
    PATCHES,
    /// Tiles of images, transformed for [Winograd].
    TILES
  }

  private static final ThreadLocal<float[][]> ARRAYS =
      ThreadLocal.withInitial(() -> new float[Use.values().length][0]);

  private Scratch() {}

  /// Returns this thread's array for a use, with at least `length` elements.
  static float[] floats(Use use, int length) {
    float[][] arrays = ARRAYS.get();
    float[] array = arrays[use.ordinal()];
    if (array.length < length) {
      array = new float[length];
      arrays[use.ordinal()] = array;
    }
    return array;
  }
}
