package smalti.tensor.plain;

import smalti.tensor.Parallel;
import smalti.tensor.Philox;
import smalti.tensor.Tensor;
import smalti.tensor.plain.Scratch.Slot;

/// Does the kernels that draw random numbers. Each number depends on the key and its index only.
final class RandomFill {
  private static final int PIECE = 1 << 12; // a multiple of 4: pieces begin at a block

  private final ElementLoops loops;

  RandomFill(ElementLoops loops) {
    this.loops = loops;
  }

  void uniform(long key, Tensor out) {
    float[] o = Floats.array(out);
    int at = Floats.at(out);
    Parallel.range(out.elements(), PIECE, (s, e) -> loops.uniforms(key, s, o, at + s, e - s));
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

  void dropout(Tensor x, long key, double p, Tensor out) {
    float[] xs = Floats.array(x);
    float[] o = Floats.array(out);
    float scale = (float) (1 / (1 - p));
    Parallel.range(
        x.elements(),
        PIECE,
        (s, e) -> {
          int xAt = Floats.at(x);
          int outAt = Floats.at(out);
          float[] uniforms = Scratch.floats(Slot.A, e - s);
          loops.uniforms(key, s, uniforms, 0, e - s);
          for (int i = s; i < e; i++) {
            o[outAt + i] = uniforms[i - s] >= p ? xs[xAt + i] * scale : 0;
          }
        });
  }
}
