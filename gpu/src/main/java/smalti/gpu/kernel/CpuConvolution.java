package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Convolves on a device that is a CPU, by the three products of [Convolution]; see [CpuTile].
final class CpuConvolution {
  private CpuConvolution() {}

  static void convolution(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] as = new float[1024];
    float[] bs = new float[1024];
    float[] ts = new float[4096];
    int[] columnAt = new int[64];
    int[] columnY = new int[64];
    int[] columnX = new int[64];
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
    int h = kind == 1 ? program.get(p + 10) : program.get(p + 6);
    int w = kind == 1 ? program.get(p + 11) : program.get(p + 7);
    int step = kind == 1 ? program.get(p + 12) : 1;
    int across = (n + 63) / 64;
    int tiles = (m + 63) / 64 * across;
    for (int tile = c.globalIdx; tile < tiles; tile += c.globalGroupSizeX) {
      int top = tile / across * 64;
      int left = (tile - tile / across * across) * 64;
      int rows = CpuTile.smaller(m - top, 64);
      int columns = CpuTile.smaller(n - left, 64);
      for (int j = 0; j < columns; j++) {
        columnAt[j] = Convolution.address(program, p, 1 - isTap, left + j);
        columnY[j] = Convolution.row(program, p, 1 - isTap, left + j);
        columnX[j] = Convolution.column(program, p, 1 - isTap, left + j);
      }
      CpuTile.clear(ts, rows);
      for (int from = 0; from < k; from += 16) {
        int depth = CpuTile.smaller(k - from, 16);
        if (depth < 16) {
          for (int e = 0; e < 1024; e++) {
            as[e] = 0f;
            bs[e] = 0f;
          }
        }
        for (int q = 0; q < depth; q++) {
          int at = a + top * down + Convolution.along(program, p, from + q);
          for (int i = 0; i < rows; i++) {
            as[i * 16 + q] = heap.get(at + i * down);
          }
          int place = b + Convolution.address(program, p, isTap, from + q);
          int y = Convolution.row(program, p, isTap, from + q);
          int x = Convolution.column(program, p, isTap, from + q);
          if (step == 1) {
            for (int j = 0; j < columns; j++) {
              int row = columnY[j] + y;
              int column = columnX[j] + x;
              float v = 0f;
              if ((Truth.within(row, h) & Truth.within(column, w)) == 1) {
                v = heap.get(place + columnAt[j] + row * w + column);
              }
              bs[q * 64 + j] = v;
            }
          } else {
            for (int j = 0; j < columns; j++) {
              bs[q * 64 + j] =
                  Convolution.pixel(
                      heap, program, p, place + columnAt[j], columnY[j] + y, columnX[j] + x);
            }
          }
        }
        CpuTile.multiply(as, bs, 0, ts, rows, columns);
      }
      store(heap, program, p, top, left, ts, rows, columns);
    }
  }

  private static void store(
      FloatArray heap,
      IntArray program,
      int p,
      int top,
      int left,
      float[] ts,
      int rows,
      int columns) {
    int kind = program.get(p);
    int m = program.get(p + 1);
    int n = program.get(p + 2);
    int out = program.get(p + 17);
    int size = kind == 0 ? program.get(p + 10) * program.get(p + 11) : n;
    int plane = kind == 1 ? program.get(p + 6) * program.get(p + 7) : size;
    for (int i = 0; i < rows; i++) {
      float bias = 0f;
      if (program.get(p + 18) == 1) {
        bias = heap.get(program.get(p + 19) + top + i);
      }
      int image = left / plane; // the rows of a result lie in one plane of each picture
      int at = left - image * plane;
      for (int j = 0; j < columns; j++) {
        heap.set(out + (image * m + top + i) * plane + at, ts[i * 64 + j] + bias);
        at++;
        if (at == plane) {
          at = 0;
          image++;
        }
      }
    }
  }
}
