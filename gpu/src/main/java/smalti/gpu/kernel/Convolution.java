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

  // A column or row of the right operand is a filter tap (channel, kh, kw) or a place (b, y, x).
  // What each adds to the address, to the row and to the column of the pixel that both name is
  // worked out once for a tile or slice: the divisions would cost more than the products.

  static int address(IntArray program, int p, int isTap, int index) {
    int kind = program.get(p);
    int large = program.get(p + 6) * program.get(p + 7);
    int small = program.get(p + 10) * program.get(p + 11);
    int plane = kind == 1 ? small : large;
    int channels = kind == 1 ? program.get(p + 4) : program.get(p + 5);
    int taps = program.get(p + 8) * program.get(p + 9);
    int places = kind == 1 ? large : small;
    return isTap == 1 ? index / taps * plane : index / places * channels * plane;
  }

  static int row(IntArray program, int p, int isTap, int index) {
    int kind = program.get(p);
    int kw = program.get(p + 9);
    int dy = index % (program.get(p + 8) * kw) / kw;
    int w = kind == 1 ? program.get(p + 7) : program.get(p + 11);
    int h = kind == 1 ? program.get(p + 6) : program.get(p + 10);
    int y = index % (h * w) / w;
    int pad = program.get(p + 13);
    int ofTap = kind == 1 ? -dy : dy;
    int ofPlace = kind == 1 ? y + pad : y * program.get(p + 12) - pad;
    return isTap == 1 ? ofTap : ofPlace;
  }

  static int column(IntArray program, int p, int isTap, int index) {
    int kind = program.get(p);
    int dx = index % program.get(p + 9);
    int x = index % (kind == 1 ? program.get(p + 7) : program.get(p + 11));
    int pad = program.get(p + 13);
    int ofTap = kind == 1 ? -dx : dx;
    int ofPlace = kind == 1 ? x + pad : x * program.get(p + 12) - pad;
    return isTap == 1 ? ofTap : ofPlace;
  }

  /// Returns the pixel at (y, x) of the plane at `at`, 0 outside. The gradient of the input looks
  /// for the place whose window begins there: there is one at every `stride`-th row and column.
  static float pixel(FloatArray heap, IntArray program, int p, int at, int y, int x) {
    int kind = program.get(p);
    int h = kind == 1 ? program.get(p + 10) : program.get(p + 6);
    int w = kind == 1 ? program.get(p + 11) : program.get(p + 7);
    int step = kind == 1 ? program.get(p + 12) : 1;
    int fits = Truth.within(y, h * step) & Truth.within(x, w * step);
    int row = y;
    int column = x;
    if (step > 1) {
      row = y / step;
      column = x / step;
      fits &= Truth.less(y - row * step, 1) & Truth.less(x - column * step, 1);
    }
    float v = 0f;
    if (fits == 1) {
      v = heap.get(at + row * w + column);
    }
    return v;
  }

  /// Returns where number q of a row of the left operand lies, from the row's beginning.
  static int along(IntArray program, int p, int q) {
    int kind = program.get(p);
    int taps = program.get(p + 8) * program.get(p + 9);
    int plane = program.get(p + 10) * program.get(p + 11);
    int length = kind == 1 ? taps : plane;
    int step = kind == 1 ? program.get(p + 5) * taps : program.get(p + 4) * plane;
    int part = q / length;
    return kind == 0 ? q : part * step + q - part * length;
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
    float[] local = c.allocateFloatLocalArray(4096); // slices of a and b, then the results
    int[] columnAt = c.allocateIntLocalArray(64);
    int[] columnY = c.allocateIntLocalArray(64);
    int[] columnX = c.allocateIntLocalArray(64);
    int[] rowAt = c.allocateIntLocalArray(16);
    int[] rowY = c.allocateIntLocalArray(16);
    int[] rowX = c.allocateIntLocalArray(16);
    int[] rowLeft = c.allocateIntLocalArray(16);
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int y = l / 16;
    int x = l - y * 16;
    int p = pc.get(0) + 1;
    int kind = program.get(p);
    int m = program.get(p + 1);
    int n = program.get(p + 2);
    int k = program.get(p + 3);
    int isTap = kind == 2 ? 0 : 1; // a row of the right operand; a column is the other
    int plane = program.get(p + 10) * program.get(p + 11);
    int rest = kind == 1 ? program.get(p + 8) * program.get(p + 9) : plane;
    int down = kind == 0 ? k : rest; // from a row of the left operand to the next
    int a = kind == 2 ? program.get(p + 16) : program.get(p + 15);
    int b = kind == 1 ? program.get(p + 16) : program.get(p + 14);
    int across = (n + 63) / 64;
    int tiles = (m + 63) / 64 * across;
    for (int tile = c.groupIdx; tile < tiles; tile += groups) {
      int top = tile / across * 64;
      int left = (tile - tile / across * across) * 64;
      if (l < 64) {
        columnAt[l] = address(program, p, 1 - isTap, left + l);
        columnY[l] = row(program, p, 1 - isTap, left + l);
        columnX[l] = column(program, p, 1 - isTap, left + l);
      }
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
        if (l < 16) {
          rowAt[l] = address(program, p, isTap, from + l);
          rowY[l] = row(program, p, isTap, from + l);
          rowX[l] = column(program, p, isTap, from + l);
          rowLeft[l] = along(program, p, from + l);
        }
        c.localBarrier();
        for (int e = l; e < 1024; e += 256) {
          int q = e % 16;
          int i = e / 16;
          float v = 0f;
          if ((Truth.less(top + i, m) & Truth.less(from + q, k)) == 1) {
            v = heap.get(a + (top + i) * down + rowLeft[q]);
          }
          local[q * 64 + i] = v;
          int r = e / 64;
          int j = e % 64;
          float w = 0f;
          if ((Truth.less(left + j, n) & Truth.less(from + r, k)) == 1) {
            int at = b + columnAt[j] + rowAt[r];
            w = pixel(heap, program, p, at, columnY[j] + rowY[r], columnX[j] + rowX[r]);
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
      }
      c.localBarrier();
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
        store(heap, program, p, i, j, local[e]);
      }
    }
  }
}
