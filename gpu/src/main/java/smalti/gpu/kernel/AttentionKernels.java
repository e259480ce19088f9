package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Attends block by block (Dao et al. 2022): 64 queries a work-group, one a thread, meet tiles of
/// 16 keys in local memory; no matrix of probabilities is stored. In the backward pass one kernel
/// owns the queries and one the keys, so that nothing is added by two threads.
///
/// Which tiles a block meets, in which order, and which of a tile's keys a query sees, stands in a
/// table at the end of the words (`AttentionTable`).
final class AttentionKernels {
  private AttentionKernels() {}

  /// Returns where head `bh` of an operand begins.
  static int head(IntArray program, int view, int heads, int bh) {
    int b = bh / heads;
    return program.get(view) + b * program.get(view + 1) + (bh - b * heads) * program.get(view + 2);
  }

  static void attention(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] ks = c.allocateFloatLocalArray(2048);
    float[] vs = c.allocateFloatLocalArray(2048);
    float[] q = new float[128];
    float[] sum = new float[128];
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int p = pc.get(0) + 1;
    int heads = program.get(p + 1);
    int queries = program.get(p + 2);
    int keys = program.get(p + 3);
    int width = program.get(p + 4);
    float scale = input.get(program.get(p + 5));
    int lses = program.get(p + 6);
    int table = p + 23;
    int columns = table + program.get(table);
    int starts = table + program.get(table + 1);
    int blocks = (queries + 63) / 64;
    int all = program.get(p) * heads * blocks;
    for (int block = c.groupIdx; block < all; block += groups) {
      int bh = block / blocks;
      int inside = block - bh * blocks;
      int slot = inside * 64 + l;
      int mine = program.get(table + 2 + (slot < queries ? slot : queries - 1));
      int from = head(program, p + 7, heads, bh) + mine * program.get(p + 10);
      int headK = head(program, p + 11, heads, bh);
      int headV = head(program, p + 15, heads, bh);
      for (int d = 0; d < width; d++) {
        q[d] = heap.get(from + d) * scale;
        sum[d] = 0f;
      }
      float most = Float.NEGATIVE_INFINITY;
      float weight = 0f;
      int end = table + program.get(starts + inside + 1);
      for (int tile = table + program.get(starts + inside); tile < end; tile += 2) {
        int first = program.get(tile);
        int seen = program.get(table + program.get(tile + 1) + l);
        for (int e = l; e < 16 * width; e += 64) {
          int j = e / width;
          float k = 0f;
          float v = 0f;
          if (first + j < keys) {
            int key = program.get(columns + first + j);
            k = heap.get(headK + key * program.get(p + 14) + e - j * width);
            v = heap.get(headV + key * program.get(p + 18) + e - j * width);
          }
          ks[e] = k;
          vs[e] = v;
        }
        c.localBarrier();
        for (int j = 0; j < 16; j++) {
          if (((seen >> j) & 1) == 1) {
            float s = 0f;
            for (int d = 0; d < width; d++) {
              s += q[d] * ks[j * width + d];
            }
            float next = TornadoMath.max(most, s);
            float shrink = TornadoMath.exp(most - next);
            float e = TornadoMath.exp(s - next);
            weight = weight * shrink + e;
            for (int d = 0; d < width; d++) {
              sum[d] = sum[d] * shrink + e * vs[j * width + d];
            }
            most = next;
          }
        }
        c.localBarrier();
      }
      if (slot < queries) {
        int to = head(program, p + 19, heads, bh) + mine * program.get(p + 22);
        for (int d = 0; d < width; d++) {
          heap.set(to + d, sum[d] / weight);
        }
        heap.set(lses + bh * queries + mine, most + TornadoMath.log(weight));
      }
    }
  }

  /// Computes `Σ out·dOut` of each query.
  static void attentionDots(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int heads = program.get(p + 1);
    int queries = program.get(p + 2);
    int width = program.get(p + 4);
    int dots = program.get(p + 23);
    int n = program.get(p) * heads * queries;
    for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
      int bh = i / queries;
      int query = i - bh * queries;
      int a = head(program, p + 19, heads, bh) + query * program.get(p + 22);
      int b = head(program, p + 24, heads, bh) + query * program.get(p + 27);
      float sum = 0f;
      for (int d = 0; d < width; d++) {
        sum += heap.get(a + d) * heap.get(b + d);
      }
      heap.set(dots + i, sum);
    }
  }

  static void attentionGradQuery(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] ks = c.allocateFloatLocalArray(2048);
    float[] vs = c.allocateFloatLocalArray(2048);
    float[] q = new float[128];
    float[] g = new float[128];
    float[] sum = new float[128];
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
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
    for (int block = c.groupIdx; block < all; block += groups) {
      int bh = block / blocks;
      int inside = block - bh * blocks;
      int slot = inside * 64 + l;
      int mine = program.get(table + 2 + (slot < queries ? slot : queries - 1));
      int from = head(program, p + 7, heads, bh) + mine * program.get(p + 10);
      int gradient = head(program, p + 24, heads, bh) + mine * program.get(p + 27);
      int headK = head(program, p + 11, heads, bh);
      int headV = head(program, p + 15, heads, bh);
      for (int d = 0; d < width; d++) {
        q[d] = heap.get(from + d) * scale;
        g[d] = heap.get(gradient + d);
        sum[d] = 0f;
      }
      float lse = heap.get(program.get(p + 6) + bh * queries + mine);
      float dot = heap.get(program.get(p + 23) + bh * queries + mine);
      int end = table + program.get(starts + inside + 1);
      for (int tile = table + program.get(starts + inside); tile < end; tile += 2) {
        int first = program.get(tile);
        int seen = program.get(table + program.get(tile + 1) + l);
        for (int e = l; e < 16 * width; e += 64) {
          int j = e / width;
          float k = 0f;
          float v = 0f;
          if (first + j < keys) {
            int key = program.get(columns + first + j);
            k = heap.get(headK + key * program.get(p + 14) + e - j * width);
            v = heap.get(headV + key * program.get(p + 18) + e - j * width);
          }
          ks[e] = k;
          vs[e] = v;
        }
        c.localBarrier();
        for (int j = 0; j < 16; j++) {
          if (((seen >> j) & 1) == 1) {
            float s = 0f;
            float dp = 0f;
            for (int d = 0; d < width; d++) {
              s += q[d] * ks[j * width + d];
              dp += g[d] * vs[j * width + d];
            }
            float ds = TornadoMath.exp(s - lse) * (dp - dot) * scale;
            for (int d = 0; d < width; d++) {
              sum[d] += ds * ks[j * width + d];
            }
          }
        }
        c.localBarrier();
      }
      if (slot < queries) {
        int to = head(program, p + 28, heads, bh) + mine * program.get(p + 31);
        for (int d = 0; d < width; d++) {
          heap.set(to + d, sum[d]);
        }
      }
    }
  }

  static void attentionGradKey(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] qs = c.allocateFloatLocalArray(2048);
    float[] gs = c.allocateFloatLocalArray(2048);
    float[] k = new float[128];
    float[] v = new float[128];
    float[] dk = new float[128];
    float[] dv = new float[128];
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
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
    for (int block = c.groupIdx; block < all; block += groups) {
      int bh = block / blocks;
      int inside = block - bh * blocks;
      int slot = inside * 64 + l;
      int mine = program.get(table + 2 + (slot < keys ? slot : keys - 1));
      int lses = program.get(p + 6) + bh * queries;
      int dots = program.get(p + 23) + bh * queries;
      int headQ = head(program, p + 7, heads, bh);
      int headG = head(program, p + 24, heads, bh);
      int fromK = head(program, p + 11, heads, bh) + mine * program.get(p + 14);
      int fromV = head(program, p + 15, heads, bh) + mine * program.get(p + 18);
      for (int d = 0; d < width; d++) {
        k[d] = heap.get(fromK + d) * scale;
        v[d] = heap.get(fromV + d);
        dk[d] = 0f;
        dv[d] = 0f;
      }
      int end = table + program.get(starts + inside + 1);
      for (int tile = table + program.get(starts + inside); tile < end; tile += 2) {
        int first = program.get(tile);
        int seen = program.get(table + program.get(tile + 1) + l);
        for (int e = l; e < 16 * width; e += 64) {
          int i = e / width;
          float a = 0f;
          float b = 0f;
          if (first + i < queries) {
            int query = program.get(columns + first + i);
            a = heap.get(headQ + query * program.get(p + 10) + e - i * width);
            b = heap.get(headG + query * program.get(p + 27) + e - i * width);
          }
          qs[e] = a;
          gs[e] = b;
        }
        c.localBarrier();
        for (int i = 0; i < 16; i++) {
          if (((seen >> i) & 1) == 1) {
            float s = 0f;
            float dp = 0f;
            for (int d = 0; d < width; d++) {
              s += k[d] * qs[i * width + d];
              dp += v[d] * gs[i * width + d];
            }
            int query = program.get(columns + first + i);
            float e = TornadoMath.exp(s - heap.get(lses + query));
            float ds = e * (dp - heap.get(dots + query)) * scale;
            for (int d = 0; d < width; d++) {
              dv[d] += e * gs[i * width + d];
              dk[d] += ds * qs[i * width + d];
            }
          }
        }
        c.localBarrier();
      }
      if (slot < keys) {
        int toK = head(program, p + 32, heads, bh) + mine * program.get(p + 35);
        int toV = head(program, p + 36, heads, bh) + mine * program.get(p + 39);
        for (int d = 0; d < width; d++) {
          heap.set(toK + d, dk[d]);
          heap.set(toV + d, dv[d]);
        }
      }
    }
  }
}
