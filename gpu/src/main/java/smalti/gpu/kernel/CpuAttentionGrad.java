package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Computes the gradients of attention on a device that is a CPU, in the manner of [CpuAttention].
/// What owns a block, queries or keys, has the columns.
final class CpuAttentionGrad {
  private CpuAttentionGrad() {}

  static void query(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] qs = new float[8192];
    float[] gs = new float[8192];
    float[] sums = new float[8192];
    float[] as = new float[2048];
    float[] scores = new float[1024];
    float[] slopes = new float[1024];
    float[] lse = new float[64];
    float[] dot = new float[64];
    int[] seen = new int[64];
    int p = pc.get(0) + 1;
    int heads = program.get(p + 1);
    int queries = program.get(p + 2);
    int keys = program.get(p + 3);
    int width = program.get(p + 4);
    float scale = input.get(program.get(p + 5));
    int table = p + 40;
    int columns = table + program.get(table);
    int starts = table + program.get(table + 1);
    int blocks = (queries + 63) / 64;
    int all = program.get(p) * heads * blocks;
    for (int block = c.globalIdx; block < all; block += c.globalGroupSizeX) {
      int bh = block / blocks;
      int inside = block - bh * blocks;
      int rows = table + 2 + inside * 64;
      int n = CpuTile.smaller(queries - inside * 64, 64);
      int headQ = AttentionKernels.head(program, p + 7, heads, bh);
      int headK = AttentionKernels.head(program, p + 11, heads, bh);
      int headV = AttentionKernels.head(program, p + 15, heads, bh);
      int headG = AttentionKernels.head(program, p + 24, heads, bh);
      CpuOperand.columns(heap, program, rows, n, headQ, program.get(p + 10), width, scale, qs);
      CpuOperand.columns(heap, program, rows, n, headG, program.get(p + 27), width, 1f, gs);
      CpuTile.clear(sums, width);
      int lses = program.get(p + 6) + bh * queries;
      int dots = program.get(p + 23) + bh * queries;
      for (int i = 0; i < n; i++) {
        int query = program.get(rows + i);
        lse[i] = heap.get(lses + query);
        dot[i] = heap.get(dots + query);
      }
      int end = table + program.get(starts + inside + 1);
      for (int tile = table + program.get(starts + inside); tile < end; tile += 2) {
        int first = program.get(tile);
        int order = columns + first;
        int m = CpuTile.smaller(keys - first, 16);
        int mask = table + program.get(tile + 1);
        for (int i = 0; i < n; i++) {
          seen[i] = program.get(mask + i);
        }
        CpuTile.clear(scores, 16);
        CpuTile.clear(slopes, 16);
        for (int d = 0; d < width; d += 16) {
          CpuOperand.rows(heap, program, order, m, headK + d, program.get(p + 14), width - d, as);
          CpuTile.multiply(as, qs, d * 64, scores, 16, n);
          CpuOperand.rows(heap, program, order, m, headV + d, program.get(p + 18), width - d, as);
          CpuTile.multiply(as, gs, d * 64, slopes, 16, n);
        }
        for (int j = 0; j < 16; j++) {
          for (int i = 0; i < n; i++) {
            int at = j * 64 + i;
            float e = TornadoMath.exp(scores[at] - lse[i]) * (slopes[at] - dot[i]) * scale;
            float ds = 0f;
            if (CpuOperand.bit(seen[i], j) == 1) {
              ds = e;
            }
            scores[at] = ds;
          }
        }
        float zero =
            CpuOperand.turned(heap, program, order, m, headK, program.get(p + 14), width, as);
        CpuOperand.add(as, scores, sums, seen, zero, width, n);
      }
      int headOut = AttentionKernels.head(program, p + 28, heads, bh);
      for (int i = 0; i < n; i++) {
        int to = headOut + program.get(rows + i) * program.get(p + 31);
        for (int d = 0; d < width; d++) {
          heap.set(to + d, sums[d * 64 + i]);
        }
      }
    }
  }

  static void key(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] ks = new float[8192];
    float[] vs = new float[8192];
    float[] dks = new float[8192];
    float[] dvs = new float[8192];
    float[] as = new float[2048];
    float[] scores = new float[1024];
    float[] slopes = new float[1024];
    int[] seen = new int[64];
    int p = pc.get(0) + 1;
    int heads = program.get(p + 1);
    int queries = program.get(p + 2);
    int keys = program.get(p + 3);
    int width = program.get(p + 4);
    float scale = input.get(program.get(p + 5));
    int table = p + 40;
    int columns = table + program.get(table);
    int starts = table + program.get(table + 1);
    int blocks = (keys + 63) / 64;
    int all = program.get(p) * heads * blocks;
    for (int block = c.globalIdx; block < all; block += c.globalGroupSizeX) {
      int bh = block / blocks;
      int inside = block - bh * blocks;
      int rows = table + 2 + inside * 64;
      int n = CpuTile.smaller(keys - inside * 64, 64);
      int headQ = AttentionKernels.head(program, p + 7, heads, bh);
      int headK = AttentionKernels.head(program, p + 11, heads, bh);
      int headV = AttentionKernels.head(program, p + 15, heads, bh);
      int headG = AttentionKernels.head(program, p + 24, heads, bh);
      int lses = program.get(p + 6) + bh * queries;
      int dots = program.get(p + 23) + bh * queries;
      CpuOperand.columns(heap, program, rows, n, headK, program.get(p + 14), width, scale, ks);
      CpuOperand.columns(heap, program, rows, n, headV, program.get(p + 18), width, 1f, vs);
      CpuTile.clear(dks, width);
      CpuTile.clear(dvs, width);
      int end = table + program.get(starts + inside + 1);
      for (int tile = table + program.get(starts + inside); tile < end; tile += 2) {
        int first = program.get(tile);
        int order = columns + first;
        int m = CpuTile.smaller(queries - first, 16);
        int mask = table + program.get(tile + 1);
        for (int i = 0; i < n; i++) {
          seen[i] = program.get(mask + i);
        }
        CpuTile.clear(scores, 16);
        CpuTile.clear(slopes, 16);
        for (int d = 0; d < width; d += 16) {
          CpuOperand.rows(heap, program, order, m, headQ + d, program.get(p + 10), width - d, as);
          CpuTile.multiply(as, ks, d * 64, scores, 16, n);
          CpuOperand.rows(heap, program, order, m, headG + d, program.get(p + 27), width - d, as);
          CpuTile.multiply(as, vs, d * 64, slopes, 16, n);
        }
        for (int j = 0; j < m; j++) {
          int query = program.get(order + j);
          float lse = heap.get(lses + query);
          float dot = heap.get(dots + query);
          for (int i = 0; i < n; i++) {
            int at = j * 64 + i;
            float weight = TornadoMath.exp(scores[at] - lse);
            float slope = weight * (slopes[at] - dot) * scale;
            float e = 0f;
            float ds = 0f;
            if (CpuOperand.bit(seen[i], j) == 1) {
              e = weight;
              ds = slope;
            }
            scores[at] = e;
            slopes[at] = ds;
          }
        }
        float zero =
            CpuOperand.turned(heap, program, order, m, headG, program.get(p + 27), width, as);
        CpuOperand.add(as, scores, dvs, seen, zero, width, n);
        zero = CpuOperand.turned(heap, program, order, m, headQ, program.get(p + 10), width, as);
        CpuOperand.add(as, slopes, dks, seen, zero, width, n);
      }
      int headDk = AttentionKernels.head(program, p + 32, heads, bh);
      int headDv = AttentionKernels.head(program, p + 36, heads, bh);
      for (int i = 0; i < n; i++) {
        int key = program.get(rows + i);
        int toK = headDk + key * program.get(p + 35);
        int toV = headDv + key * program.get(p + 39);
        for (int d = 0; d < width; d++) {
          heap.set(toK + d, dks[d * 64 + i]);
          heap.set(toV + d, dvs[d * 64 + i]);
        }
      }
    }
  }
}
