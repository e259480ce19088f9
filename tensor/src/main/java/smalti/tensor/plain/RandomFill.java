package smalti.tensor.plain;

import smalti.tensor.Parallel;
import smalti.tensor.Philox;
import smalti.tensor.Tensor;

/// Does the kernels that draw random numbers. Each number depends on the key and its index only.
final class RandomFill {
  private static final int PIECE = 1 << 12; // a multiple of 4: pieces begin at a block

  private RandomFill() {}

  static void uniform(long key, Tensor out) {
    float[] o = Floats.array(out);
    Parallel.range(out.elements(), PIECE, (s, e) -> uniforms(key, s, e, o, Floats.at(out) + s));
  }

  /// Writes the uniform numbers of the indices from `start`, a multiple of 4, to `end`.
  private static void uniforms(long key, int start, int end, float[] out, int at) {
    int[] block = new int[4];
    for (int i = start; i < end; i += 4) {
      Philox.block(key, i / 4, 0, block);
      for (int j = 0; j < Math.min(4, end - i); j++) {
        out[at + i - start + j] = Philox.toOpenUnitFloat(block[j]);
      }
    }
  }

  static void normal(long key, Tensor out) {
    float[] o = Floats.array(out);
    Parallel.range(
        out.elements(),
        PIECE,
        (s, e) -> {
          int[] block = new int[4];
          for (int i = s; i < e; i += 2) {
            if (i % 4 == 0) {
              Philox.block(key, i / 4, 0, block);
            }
            double u = Philox.toOpenUnitFloat(block[i % 4]);
            double radius = Math.sqrt(-2 * Math.log(u));
            double angle = 2 * Math.PI * Philox.toOpenUnitFloat(block[i % 4 + 1]);
            int at = Floats.at(out) + i;
            o[at] = (float) (radius * Math.cos(angle));
            if (i + 1 < e) {
              o[at + 1] = (float) (radius * Math.sin(angle));
            }
          }
        });
  }

  static void dropout(Tensor x, long key, double p, Tensor out) {
    float[] xs = Floats.array(x);
    float[] o = Floats.array(out);
    float scale = (float) (1 / (1 - p));
    Parallel.range(
        x.elements(),
        PIECE,
        (s, e) -> {
          int[] block = new int[4];
          int xAt = Floats.at(x);
          int outAt = Floats.at(out);
          for (int i = s; i < e; i += 4) {
            Philox.block(key, i / 4, 0, block);
            for (int j = i; j < Math.min(i + 4, e); j++) {
              boolean keep = Philox.toOpenUnitFloat(block[j - i]) >= p;
              o[outAt + j] = keep ? xs[xAt + j] * scale : 0;
            }
          }
        });
  }
}
