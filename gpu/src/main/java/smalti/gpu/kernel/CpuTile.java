package smalti.gpu.kernel;

/// Holds what products share on a device that is a CPU, where one thread makes a whole tile of at
/// most 64 × 64 results.
///
/// There a group's threads run one after the other, and registers for a tile are few: the tile and
/// the slices of its operands lie in arrays of the thread instead, over whose rows a compiler makes
/// vector instructions. It cannot for numbers of the heap, whose addresses TornadoVM computes as
/// integers.
final class CpuTile {
  /// Rows and columns of a tile.
  static final int SIDE = 64;

  /// Rows of a slice.
  static final int DEPTH = 16;

  private CpuTile() {}

  static int smaller(int a, int b) {
    return a < b ? a : b;
  }

  static void clear(float[] tile, int rows) {
    for (int i = 0; i < rows * SIDE; i++) {
      tile[i] = 0f;
    }
  }

  /// Adds the product of two slices to a tile.
  ///
  /// @param as (rows, 16)
  /// @param bs (16, 64), which begins at `from`
  static void multiply(float[] as, float[] bs, int from, float[] tile, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      for (int h = 0; h < DEPTH; h += 8) {
        int a = i * DEPTH + h;
        float a0 = as[a];
        float a1 = as[a + 1];
        float a2 = as[a + 2];
        float a3 = as[a + 3];
        float a4 = as[a + 4];
        float a5 = as[a + 5];
        float a6 = as[a + 6];
        float a7 = as[a + 7];
        int b = from + h * SIDE;
        int t = i * SIDE;
        for (int j = 0; j < columns; j++) {
          float s = tile[t + j];
          s += a0 * bs[b + j];
          s += a1 * bs[b + 64 + j];
          s += a2 * bs[b + 128 + j];
          s += a3 * bs[b + 192 + j];
          s += a4 * bs[b + 256 + j];
          s += a5 * bs[b + 320 + j];
          s += a6 * bs[b + 384 + j];
          s += a7 * bs[b + 448 + j];
          tile[t + j] = s;
        }
      }
    }
  }
}
