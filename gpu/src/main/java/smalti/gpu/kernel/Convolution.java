package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Convolves as one matrix product whose operands are read straight from the images: tiles as in
/// [Matmul]. The entry's first number says which of three products it is.
///
/// - 0, the result: (O) × (C·KH·KW) by (C·KH·KW) × (B·H′·W′).
/// - 1, the gradient of the input: (C) × (O·KH·KW) by (O·KH·KW) × (B·H·W).
/// - 2, the gradient of the weight: (O) × (B·H′·W′) by (B·H′·W′) × (C·KH·KW).
final class Convolution {
  private Convolution() {}

  /// Returns pixel (y, x) of a plane, 0 outside.
  private static float pixel(FloatArray heap, int at, int h, int w, int y, int x) {
    float v = 0f;
    if ((Truth.within(y, h) & Truth.within(x, w)) == 1) {
      v = heap.get(at + y * w + x);
    }
    return v;
  }

  /// Returns element (i, q) of the left operand.
  private static float left(FloatArray heap, IntArray program, int p, int i, int q) {
    int kind = program.get(p);
    int taps = program.get(p + 8) * program.get(p + 9);
    float v;
    if (kind == 0) {
      v = heap.get(program.get(p + 15) + i * program.get(p + 3) + q);
    } else if (kind == 1) {
      int o = q / taps;
      v = heap.get(program.get(p + 15) + (o * program.get(p + 5) + i) * taps + q - o * taps);
    } else {
      int plane = program.get(p + 10) * program.get(p + 11);
      int b = q / plane;
      v = heap.get(program.get(p + 16) + (b * program.get(p + 4) + i) * plane + q - b * plane);
    }
    return v;
  }

  /// Returns the pixel of x that filter tap `tap` (c, kh, kw) sees at place `place` (b, y, x).
  private static float seen(FloatArray heap, IntArray program, int p, int tap, int place) {
    int kw = program.get(p + 9);
    int taps = program.get(p + 8) * kw;
    int channel = tap / taps;
    int dy = (tap - channel * taps) / kw;
    int dx = tap - channel * taps - dy * kw;
    int w = program.get(p + 11);
    int plane = program.get(p + 10) * w;
    int b = place / plane;
    int y = (place - b * plane) / w;
    int x = place - b * plane - y * w;
    int stride = program.get(p + 12);
    int pad = program.get(p + 13);
    int h = program.get(p + 6);
    int width = program.get(p + 7);
    int at = program.get(p + 14) + (b * program.get(p + 5) + channel) * h * width;
    return pixel(heap, at, h, width, y * stride + dy - pad, x * stride + dx - pad);
  }

  /// Returns the gradient at the place whose filter tap (o, kh, kw) sees pixel (b, y, x).
  private static float seeing(FloatArray heap, IntArray program, int p, int tap, int place) {
    int kw = program.get(p + 9);
    int taps = program.get(p + 8) * kw;
    int o = tap / taps;
    int dy = (tap - o * taps) / kw;
    int dx = tap - o * taps - dy * kw;
    int w = program.get(p + 7);
    int plane = program.get(p + 6) * w;
    int b = place / plane;
    int stride = program.get(p + 12);
    int pad = program.get(p + 13);
    int y = (place - b * plane) / w;
    int x = place - b * plane - y * w + pad - dx;
    y = y + pad - dy;
    int h = program.get(p + 10);
    int width = program.get(p + 11);
    int at = program.get(p + 16) + (b * program.get(p + 4) + o) * h * width;
    int row = y / stride;
    int column = x / stride;
    // y − row·stride is 0 where the window fits; rounding towards 0 makes it negative below 0.
    int fits = Truth.within(y, h * stride) & Truth.within(x, width * stride);
    fits &= Truth.less(y - row * stride, 1) & Truth.less(x - column * stride, 1);
    float v = 0f;
    if (fits == 1) {
      v = heap.get(at + row * width + column);
    }
    return v;
  }

  private static void store(FloatArray heap, IntArray program, int p, int i, int j, float value) {
    int m = program.get(p + 1);
    int n = program.get(p + 2);
    if ((Truth.less(i, m) & Truth.less(j, n)) == 1) {
      int kind = program.get(p);
      int out = program.get(p + 17);
      float y = value;
      int at = i * n + j;
      if (kind < 2) {
        int plane =
            kind == 0
                ? program.get(p + 10) * program.get(p + 11)
                : program.get(p + 6) * program.get(p + 7);
        int b = j / plane;
        at = (b * m + i) * plane + j - b * plane;
      }
      if (program.get(p + 18) == 1) {
        y += heap.get(program.get(p + 19) + i);
      }
      heap.set(out + at, y);
    }
  }

  static void convolution(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] as = c.allocateFloatLocalArray(1024);
    float[] bs = c.allocateFloatLocalArray(1024);
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int y = l / 16;
    int x = l - y * 16;
    int p = pc.get(0) + 1;
    int kind = program.get(p);
    int m = program.get(p + 1);
    int n = program.get(p + 2);
    int k = program.get(p + 3);
    int across = (n + 63) / 64;
    int tiles = (m + 63) / 64 * across;
    for (int tile = c.groupIdx; tile < tiles; tile += groups) {
      int top = tile / across * 64;
      int left = (tile - tile / across * across) * 64;
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
          int q = e % 16;
          int i = e / 16;
          float v = 0f;
          if ((Truth.less(top + i, m) & Truth.less(from + q, k)) == 1) {
            v = left(heap, program, p, top + i, from + q);
          }
          as[q * 64 + i] = v;
          int r = e / 64;
          int j = e % 64;
          float w = 0f;
          if ((Truth.less(left + j, n) & Truth.less(from + r, k)) == 1) {
            w =
                kind == 0
                    ? seen(heap, program, p, from + r, left + j)
                    : kind == 1
                        ? seeing(heap, program, p, from + r, left + j)
                        : seen(heap, program, p, left + j, from + r);
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
      store(heap, program, p, m0 + 0, n0 + 0, s00);
      store(heap, program, p, m0 + 0, n0 + 1, s01);
      store(heap, program, p, m0 + 0, n0 + 2, s02);
      store(heap, program, p, m0 + 0, n0 + 3, s03);
      store(heap, program, p, m0 + 1, n0 + 0, s10);
      store(heap, program, p, m0 + 1, n0 + 1, s11);
      store(heap, program, p, m0 + 1, n0 + 2, s12);
      store(heap, program, p, m0 + 1, n0 + 3, s13);
      store(heap, program, p, m0 + 2, n0 + 0, s20);
      store(heap, program, p, m0 + 2, n0 + 1, s21);
      store(heap, program, p, m0 + 2, n0 + 2, s22);
      store(heap, program, p, m0 + 2, n0 + 3, s23);
      store(heap, program, p, m0 + 3, n0 + 0, s30);
      store(heap, program, p, m0 + 3, n0 + 1, s31);
      store(heap, program, p, m0 + 3, n0 + 2, s32);
      store(heap, program, p, m0 + 3, n0 + 3, s33);
    }
  }
}
