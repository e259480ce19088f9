package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Multiplies matrices on a device that is a CPU; see [CpuTile].
final class CpuMatmul {
  private CpuMatmul() {}

  static void matmul(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] as = new float[1024];
    float[] bs = new float[1024];
    float[] ts = new float[4096];
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
    for (int tile = c.globalIdx; tile < tiles; tile += c.globalGroupSizeX) {
      int batch = tile / each;
      int inside = tile - batch * each;
      int top = inside / across * 64;
      int left = (inside - inside / across * across) * 64;
      int rows = CpuTile.smaller(m - top, 64);
      int columns = CpuTile.smaller(n - left, 64);
      int a = Matmul.matrix(program, batch, p + 4, p + 8) + top * rowA;
      int b = Matmul.matrix(program, batch, p + 4, p + 15) + left * columnB;
      CpuTile.clear(ts, rows);
      for (int from = 0; from < k; from += 16) {
        int depth = CpuTile.smaller(k - from, 16);
        if (depth < 16) {
          for (int e = 0; e < 1024; e++) {
            as[e] = 0f;
            bs[e] = 0f;
          }
        }
        for (int i = 0; i < rows; i++) {
          int at = a + i * rowA + from * columnA;
          for (int q = 0; q < depth; q++) {
            as[i * 16 + q] = heap.get(at + q * columnA);
          }
        }
        for (int q = 0; q < depth; q++) {
          int at = b + (from + q) * rowB;
          for (int j = 0; j < columns; j++) {
            bs[q * 64 + j] = heap.get(at + j * columnB);
          }
        }
        CpuTile.multiply(as, bs, 0, ts, rows, columns);
      }
      store(heap, program, p, batch * m * n + top * n + left, left, ts, rows, columns);
    }
  }

  private static void store(
      FloatArray heap,
      IntArray program,
      int p,
      int corner,
      int left,
      float[] ts,
      int rows,
      int columns) {
    int n = program.get(p + 2);
    int out = program.get(p + 22) + corner;
    int bias = program.get(p + 25) + left;
    int op = program.get(p + 26);
    int activated = program.get(p + 27) + corner;
    for (int i = 0; i < rows; i++) {
      int t = i * 64;
      int at = out + i * n;
      if (program.get(p + 23) == 1) {
        for (int j = 0; j < columns; j++) {
          ts[t + j] = ts[t + j] + heap.get(at + j);
        }
      }
      if (program.get(p + 24) == 1) {
        for (int j = 0; j < columns; j++) {
          ts[t + j] = ts[t + j] + heap.get(bias + j);
        }
      }
      for (int j = 0; j < columns; j++) {
        heap.set(at + j, ts[t + j]);
      }
      if (op >= 0) {
        int to = activated + i * n;
        for (int j = 0; j < columns; j++) {
          heap.set(to + j, Functions.activation(op, ts[t + j]));
        }
      }
    }
  }
}
