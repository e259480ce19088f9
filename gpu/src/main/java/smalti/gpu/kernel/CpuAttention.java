package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Attends on a device that is a CPU: one thread takes a block of 64 queries through its tiles of
/// 16 keys, by two products of [CpuTile] each. A query is a column, so that vectors run over
/// queries.
final class CpuAttention {
  private CpuAttention() {}

  static void attention(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] qs = new float[8192]; // (width, 64)
    float[] sums = new float[8192]; // (width, 64)
    float[] as = new float[2048]; // (16, 16) of the keys, then (width, 16) of the values
    float[] scores = new float[1024]; // (16, 64)
    float[] most = new float[64];
    float[] weight = new float[64];
    float[] next = new float[64];
    float[] shrink = new float[64];
    int[] seen = new int[64];
    int p = pc.get(0) + 1;
    int heads = program.get(p + 1);
    int queries = program.get(p + 2);
    int keys = program.get(p + 3);
    int width = program.get(p + 4);
    float scale = input.get(program.get(p + 5));
    int table = p + 23;
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
      CpuOperand.columns(heap, program, rows, n, headQ, program.get(p + 10), width, scale, qs);
      CpuTile.clear(sums, width);
      for (int i = 0; i < n; i++) {
        most[i] = Float.NEGATIVE_INFINITY;
        weight[i] = 0f;
      }
      int end = table + program.get(starts + inside + 1);
      for (int tile = table + program.get(starts + inside); tile < end; tile += 2) {
        int first = program.get(tile);
        int order = columns + first;
        int m = CpuTile.smaller(keys - first, 16);
        int mask = table + program.get(tile + 1);
        for (int i = 0; i < n; i++) {
          seen[i] = program.get(mask + i);
          next[i] = most[i];
        }
        CpuTile.clear(scores, 16);
        for (int d = 0; d < width; d += 16) {
          CpuOperand.rows(heap, program, order, m, headK + d, program.get(p + 14), width - d, as);
          CpuTile.multiply(as, qs, d * 64, scores, 16, n);
        }
        for (int j = 0; j < 16; j++) {
          for (int i = 0; i < n; i++) {
            float s = Float.NEGATIVE_INFINITY;
            if (CpuOperand.bit(seen[i], j) == 1) {
              s = scores[j * 64 + i];
            }
            scores[j * 64 + i] = s;
            next[i] = s > next[i] ? s : next[i];
          }
        }
        for (int i = 0; i < n; i++) {
          // A query that has seen no key yet has no largest score.
          float now = next[i] == Float.NEGATIVE_INFINITY ? 0f : next[i];
          shrink[i] = TornadoMath.exp(most[i] - now);
          most[i] = next[i];
          next[i] = now;
          weight[i] = weight[i] * shrink[i];
        }
        for (int j = 0; j < 16; j++) {
          for (int i = 0; i < n; i++) {
            float e = TornadoMath.exp(scores[j * 64 + i] - next[i]);
            scores[j * 64 + i] = e;
            weight[i] = weight[i] + e;
          }
        }
        for (int d = 0; d < width; d++) {
          for (int i = 0; i < n; i++) {
            sums[d * 64 + i] = sums[d * 64 + i] * shrink[i];
          }
        }
        float zero =
            CpuOperand.turned(heap, program, order, m, headV, program.get(p + 18), width, as);
        CpuOperand.add(as, scores, sums, seen, zero, width, n);
      }
      int headOut = AttentionKernels.head(program, p + 19, heads, bh);
      int lses = program.get(p + 6) + bh * queries;
      for (int i = 0; i < n; i++) {
        int query = program.get(rows + i);
        int to = headOut + query * program.get(p + 22);
        for (int d = 0; d < width; d++) {
          heap.set(to + d, sums[d * 64 + i] / weight[i]);
        }
        heap.set(lses + query, most[i] + TornadoMath.log(weight[i]));
      }
    }
  }
}
