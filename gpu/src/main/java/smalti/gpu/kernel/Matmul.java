package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Multiplies matrices: tiles of 64 × 64 results by 256 threads, each with 4 × 4 of them in
/// registers; slices of 64 × 16 of both operands lie in local memory.
///
/// Bias and activation are added before a result is stored, so that a linear layer is one pass.
final class Matmul {
  private Matmul() {}

  /// Returns where matrix `batch` of an operand begins; its batch axes are up to four.
  static int matrix(IntArray program, int batch, int sizes, int view) {
    int rest = batch;
    int at = program.get(view);
    for (int d = 3; d > 0; d--) {
      int size = program.get(sizes + d);
      int q = rest / size;
      at += (rest - q * size) * program.get(view + 1 + d);
      rest = q;
    }
    return at + rest * program.get(view + 1);
  }

  private static void store(
      FloatArray heap, IntArray program, int p, int batch, int i, int j, float value) {
    int m = program.get(p + 1);
    int n = program.get(p + 2);
    if ((Truth.less(i, m) & Truth.less(j, n)) == 1) {
      int at = batch * m * n + i * n + j;
      int out = program.get(p + 22);
      float y = value;
      if (program.get(p + 23) == 1) {
        y += heap.get(out + at);
      }
      if (program.get(p + 24) == 1) {
        y += heap.get(program.get(p + 25) + j);
      }
      heap.set(out + at, y);
      int op = program.get(p + 26);
      if (op >= 0) {
        heap.set(program.get(p + 27) + at, Functions.value(op, y));
      }
    }
  }

  static void matmul(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] as = c.allocateFloatLocalArray(1024);
    float[] bs = c.allocateFloatLocalArray(1024);
    int[] begin = c.allocateIntLocalArray(2);
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int y = l / 16;
    int x = l - y * 16;
    int p = pc.get(0) + 1;
    int m = program.get(p + 1);
    int n = program.get(p + 2);
    int k = program.get(p + 3);
    int rowA = program.get(p + 13);
    int columnA = program.get(p + 14);
    int rowB = program.get(p + 20);
    int columnB = program.get(p + 21);
    int across = (n + 63) / 64;
    int each = (m + 63) / 64 * across;
    int tiles = program.get(p) * each;
    for (int tile = c.groupIdx; tile < tiles; tile += groups) {
      int batch = tile / each;
      int inside = tile - batch * each;
      int top = inside / across * 64;
      int left = (inside - inside / across * across) * 64;
      if (l == 0) { // kept in memory, since the compiler would work them out anew for every number
        begin[0] = matrix(program, batch, p + 4, p + 8);
        begin[1] = matrix(program, batch, p + 4, p + 15);
      }
      c.localBarrier();
      float s00 = 0f;
      float s01 = 0f;
      float s02 = 0f;
      float s03 = 0f;
      float s10 = 0f;
      float s11 = 0f;
      float s12 = 0f;
      float s13 = 0f;
      float s20 = 0f;
      float s21 = 0f;
      float s22 = 0f;
      float s23 = 0f;
      float s30 = 0f;
      float s31 = 0f;
      float s32 = 0f;
      float s33 = 0f;
      for (int from = 0; from < k; from += 16) {
        for (int e = l; e < 1024; e += 256) {
          // Neighbouring threads read neighbouring numbers, whichever axis has stride 1.
          int q = columnA == 1 ? e % 16 : e / 64;
          int i = columnA == 1 ? e / 16 : e % 64;
          float v = 0f;
          if ((Truth.less(top + i, m) & Truth.less(from + q, k)) == 1) {
            v = heap.get(begin[0] + (top + i) * rowA + (from + q) * columnA);
          }
          as[q * 64 + i] = v;
          int r = columnB == 1 ? e / 64 : e % 16;
          int j = columnB == 1 ? e % 64 : e / 16;
          float w = 0f;
          if ((Truth.less(left + j, n) & Truth.less(from + r, k)) == 1) {
            w = heap.get(begin[1] + (from + r) * rowB + (left + j) * columnB);
          }
          bs[r * 64 + j] = w;
        }
        c.localBarrier();
        for (int q = 0; q < 16; q++) {
          float a0 = as[q * 64 + y * 4 + 0];
          float a1 = as[q * 64 + y * 4 + 1];
          float a2 = as[q * 64 + y * 4 + 2];
          float a3 = as[q * 64 + y * 4 + 3];
          float b0 = bs[q * 64 + x * 4 + 0];
          float b1 = bs[q * 64 + x * 4 + 1];
          float b2 = bs[q * 64 + x * 4 + 2];
          float b3 = bs[q * 64 + x * 4 + 3];
          s00 += a0 * b0;
          s01 += a0 * b1;
          s02 += a0 * b2;
          s03 += a0 * b3;
          s10 += a1 * b0;
          s11 += a1 * b1;
          s12 += a1 * b2;
          s13 += a1 * b3;
          s20 += a2 * b0;
          s21 += a2 * b1;
          s22 += a2 * b2;
          s23 += a2 * b3;
          s30 += a3 * b0;
          s31 += a3 * b1;
          s32 += a3 * b2;
          s33 += a3 * b3;
        }
        c.localBarrier();
      }
      int m0 = top + y * 4;
      int n0 = left + x * 4;
      store(heap, program, p, batch, m0 + 0, n0 + 0, s00);
      store(heap, program, p, batch, m0 + 0, n0 + 1, s01);
      store(heap, program, p, batch, m0 + 0, n0 + 2, s02);
      store(heap, program, p, batch, m0 + 0, n0 + 3, s03);
      store(heap, program, p, batch, m0 + 1, n0 + 0, s10);
      store(heap, program, p, batch, m0 + 1, n0 + 1, s11);
      store(heap, program, p, batch, m0 + 1, n0 + 2, s12);
      store(heap, program, p, batch, m0 + 1, n0 + 3, s13);
      store(heap, program, p, batch, m0 + 2, n0 + 0, s20);
      store(heap, program, p, batch, m0 + 2, n0 + 1, s21);
      store(heap, program, p, batch, m0 + 2, n0 + 2, s22);
      store(heap, program, p, batch, m0 + 2, n0 + 3, s23);
      store(heap, program, p, batch, m0 + 3, n0 + 0, s30);
      store(heap, program, p, batch, m0 + 3, n0 + 1, s31);
      store(heap, program, p, batch, m0 + 3, n0 + 2, s32);
      store(heap, program, p, batch, m0 + 3, n0 + 3, s33);
    }
  }
}
