package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Attends block by block (Dao et al. 2022): 64 queries a work-group, one a thread, meet tiles of
/// 16 keys in local memory; no matrix of probabilities is stored. In the backward pass one kernel
/// owns the queries and one the keys, so that nothing is added by two threads.
final class AttentionKernels {
  private AttentionKernels() {}

  /// Returns 1 if the pattern lets a query see a key.
  ///
  /// @param g where the pattern stands: kind (0 full, 1 causal, 2 row, 3 column, 4 convolutional, 5
  ///   transposed column, 6 neighbourhood), length of the text, width of the grid, radius
  private static int sees(IntArray program, int g, int query, int key) {
    int kind = program.get(g);
    int width = program.get(g + 2);
    int r = program.get(g + 3);
    int d = query - key;
    int rest = d % width;
    int length = program.get(g + 1);
    int text = Truth.less(key, length) | Truth.less(kind, 2);
    int row = Truth.less(d, width + 1) & Truth.within(kind - 2, 1);
    int column = Truth.within(rest, 1) & Truth.within(kind - 3, 1);
    int near = Truth.less(rest, r + 1) | Truth.less(width - r - 1, rest);
    int conv = Truth.less(d, width * (r + 1)) & near & Truth.within(kind - 4, 1);
    int rows = (query - length) / width - (key - length) / width;
    int columns = (query - length) % width - (key - length) % width;
    int run = Truth.within(rows, 1) & Truth.within(kind - 5, 1);
    int beside = Truth.within(columns + r, 2 * r + 1);
    int square = Truth.less(rows, r + 1) & beside & Truth.within(kind - 6, 1);
    int image = row | column | conv | run | square;
    return Truth.less(kind, 1) | (Truth.less(-1, d) & (text | image));
  }

  /// Returns where row `i` of head `bh` of an operand begins.
  private static int row(IntArray program, int view, int heads, int bh, int i) {
    int b = bh / heads;
    return program.get(view)
        + b * program.get(view + 1)
        + (bh - b * heads) * program.get(view + 2)
        + i * program.get(view + 3);
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
    int first = program.get(p + 9); // position of the first query
    float scale = input.get(program.get(p + 10));
    int lses = program.get(p + 11);
    int blocks = (queries + 63) / 64;
    int all = program.get(p) * heads * blocks;
    for (int block = c.groupIdx; block < all; block += groups) {
      int bh = block / blocks;
      int i = (block - bh * blocks) * 64 + l;
      int mine = i < queries ? i : queries - 1;
      int from = row(program, p + 12, heads, bh, mine);
      for (int d = 0; d < width; d++) {
        q[d] = heap.get(from + d) * scale;
        sum[d] = 0f;
      }
      float most = Float.NEGATIVE_INFINITY;
      float weight = 0f;
      for (int tile = 0; tile < keys; tile += 16) {
        for (int e = l; e < 16 * width; e += 64) {
          int j = e / width;
          float k = 0f;
          float v = 0f;
          if (tile + j < keys) {
            k = heap.get(row(program, p + 16, heads, bh, tile + j) + e - j * width);
            v = heap.get(row(program, p + 20, heads, bh, tile + j) + e - j * width);
          }
          ks[e] = k;
          vs[e] = v;
        }
        c.localBarrier();
        for (int j = 0; j < 16; j++) {
          int seen = Truth.less(tile + j, keys) & sees(program, p + 5, first + mine, tile + j);
          if (seen == 1) {
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
      if (i < queries) {
        int to = row(program, p + 24, heads, bh, i);
        for (int d = 0; d < width; d++) {
          heap.set(to + d, sum[d] / weight);
        }
        heap.set(lses + bh * queries + i, most + TornadoMath.log(weight));
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
    int dots = program.get(p + 12);
    int n = program.get(p) * heads * queries;
    for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
      int bh = i / queries;
      int a = row(program, p + 25, heads, bh, i - bh * queries);
      int b = row(program, p + 29, heads, bh, i - bh * queries);
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
    float scale = input.get(program.get(p + 10));
    int blocks = (queries + 63) / 64;
    int all = program.get(p) * heads * blocks;
    for (int block = c.groupIdx; block < all; block += groups) {
      int bh = block / blocks;
      int i = (block - bh * blocks) * 64 + l;
      int mine = i < queries ? i : queries - 1;
      int from = row(program, p + 13, heads, bh, mine);
      int gradient = row(program, p + 29, heads, bh, mine);
      for (int d = 0; d < width; d++) {
        q[d] = heap.get(from + d) * scale;
        g[d] = heap.get(gradient + d);
        sum[d] = 0f;
      }
      float lse = heap.get(program.get(p + 11) + bh * queries + mine);
      float dot = heap.get(program.get(p + 12) + bh * queries + mine);
      for (int tile = 0; tile < keys; tile += 16) {
        for (int e = l; e < 16 * width; e += 64) {
          int j = e / width;
          float k = 0f;
          float v = 0f;
          if (tile + j < keys) {
            k = heap.get(row(program, p + 17, heads, bh, tile + j) + e - j * width);
            v = heap.get(row(program, p + 21, heads, bh, tile + j) + e - j * width);
          }
          ks[e] = k;
          vs[e] = v;
        }
        c.localBarrier();
        for (int j = 0; j < 16; j++) {
          int seen = Truth.less(tile + j, keys) & sees(program, p + 5, mine, tile + j);
          if (seen == 1) {
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
      if (i < queries) {
        int to = row(program, p + 33, heads, bh, i);
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
    float scale = input.get(program.get(p + 10));
    int lses = program.get(p + 11);
    int dots = program.get(p + 12);
    int blocks = (keys + 63) / 64;
    int all = program.get(p) * heads * blocks;
    for (int block = c.groupIdx; block < all; block += groups) {
      int bh = block / blocks;
      int j = (block - bh * blocks) * 64 + l;
      int mine = j < keys ? j : keys - 1;
      int fromK = row(program, p + 17, heads, bh, mine);
      int fromV = row(program, p + 21, heads, bh, mine);
      for (int d = 0; d < width; d++) {
        k[d] = heap.get(fromK + d) * scale;
        v[d] = heap.get(fromV + d);
        dk[d] = 0f;
        dv[d] = 0f;
      }
      for (int tile = 0; tile < queries; tile += 16) {
        for (int e = l; e < 16 * width; e += 64) {
          int i = e / width;
          float a = 0f;
          float b = 0f;
          if (tile + i < queries) {
            a = heap.get(row(program, p + 13, heads, bh, tile + i) + e - i * width);
            b = heap.get(row(program, p + 29, heads, bh, tile + i) + e - i * width);
          }
          qs[e] = a;
          gs[e] = b;
        }
        c.localBarrier();
        for (int i = 0; i < 16; i++) {
          int seen = Truth.less(tile + i, queries) & sees(program, p + 5, tile + i, mine);
          if (seen == 1) {
            float s = 0f;
            float dp = 0f;
            for (int d = 0; d < width; d++) {
              s += k[d] * qs[i * width + d];
              dp += v[d] * gs[i * width + d];
            }
            int at = bh * queries + tile + i;
            float e = TornadoMath.exp(s - heap.get(lses + at));
            float ds = e * (dp - heap.get(dots + at)) * scale;
            for (int d = 0; d < width; d++) {
              dv[d] += e * gs[i * width + d];
              dk[d] += ds * qs[i * width + d];
            }
          }
        }
        c.localBarrier();
      }
      if (j < keys) {
        int toK = row(program, p + 37, heads, bh, j);
        int toV = row(program, p + 41, heads, bh, j);
        for (int d = 0; d < width; d++) {
          heap.set(toK + d, dk[d]);
          heap.set(toV + d, dv[d]);
        }
      }
    }
  }
}
