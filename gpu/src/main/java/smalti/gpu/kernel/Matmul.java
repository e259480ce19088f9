package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Multiplies matrices: tiles of 64 × 64 results by 256 threads, each with 4 × 4 of them in
/// registers; slices of 64 × 16 of both operands lie in local memory.
///
/// Bias and activation are added before a result is stored, so that a linear layer is one pass. The
/// results go through local memory: neighbouring threads then write neighbouring numbers, and what
/// stores a number stands in the kernel once, not sixteen times.
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
        heap.set(program.get(p + 27) + at, Functions.activation(op, y));
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
    float[] local = c.allocateFloatLocalArray(4096); // slices of a and b, then the results
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
          local[q * 64 + i] = v;
          int r = columnB == 1 ? e / 64 : e % 16;
          int j = columnB == 1 ? e % 64 : e / 16;
          float w = 0f;
          if ((Truth.less(left + j, n) & Truth.less(from + r, k)) == 1) {
            w = heap.get(begin[1] + (from + r) * rowB + (left + j) * columnB);
          }
          local[r * 64 + 1024 + j] = w;
        }
        c.localBarrier();
        for (int q = 0; q < 16; q++) {
          float a0 = local[q * 64 + y * 4 + 0];
          float a1 = local[q * 64 + y * 4 + 1];
          float a2 = local[q * 64 + y * 4 + 2];
          float a3 = local[q * 64 + y * 4 + 3];
          float b0 = local[q * 64 + 1024 + x * 4 + 0];
          float b1 = local[q * 64 + 1024 + x * 4 + 1];
          float b2 = local[q * 64 + 1024 + x * 4 + 2];
          float b3 = local[q * 64 + 1024 + x * 4 + 3];
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
      int at = y * 256 + x * 4;
      local[at + 0] = s00;
      local[at + 1] = s01;
      local[at + 2] = s02;
      local[at + 3] = s03;
      local[at + 64] = s10;
      local[at + 65] = s11;
      local[at + 66] = s12;
      local[at + 67] = s13;
      local[at + 128] = s20;
      local[at + 129] = s21;
      local[at + 130] = s22;
      local[at + 131] = s23;
      local[at + 192] = s30;
      local[at + 193] = s31;
      local[at + 194] = s32;
      local[at + 195] = s33;
      c.localBarrier();
      for (int e = l; e < 4096; e += 256) {
        int i = top + e / 64;
        int j = left + e % 64;
        store(heap, program, p, batch, i, j, local[e]);
      }
    }
  }
}
