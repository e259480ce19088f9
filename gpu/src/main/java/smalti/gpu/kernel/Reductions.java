package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Holds the reductions: one thread a result where there are many, one work-group where there are
/// few. Orders of summation depend on sizes only.
final class Reductions {
  private Reductions() {}

  private static int offset(IntArray program, int i, int dims) {
    int rest = i;
    int at = 0;
    for (int d = program.get(dims) - 1; d > 0; d--) {
      int size = program.get(dims + 1 + d);
      int q = rest / size;
      at += (rest - q * size) * program.get(dims + 7 + d);
      rest = q;
    }
    return at + rest * program.get(dims + 7);
  }

  private static float identity(int op) {
    return op == 0 ? 0f : op == 1 ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
  }

  private static float joined(int op, float a, float b) {
    float y = a + b;
    if (op == 1) {
      y = a != a ? a : b != b ? b : a > b ? a : b;
    } else if (op == 2) {
      y = a != a ? a : b != b ? b : a < b ? a : b;
    }
    return y;
  }

  static void reduceByThread(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0);
    int entries = program.get(p);
    p++;
    for (int e = 0; e < entries; e++) {
      int op = program.get(p);
      int results = program.get(p + 1);
      int terms = program.get(p + 2);
      int x = program.get(p + 3);
      int out = program.get(p + 4);
      for (int i = c.globalIdx; i < results; i += c.globalGroupSizeX) {
        int from = x + offset(program, i, p + 5);
        float sum = identity(op);
        for (int j = 0; j < terms; j++) {
          sum = joined(op, sum, heap.get(from + offset(program, j, p + 18)));
        }
        heap.set(out + i, sum);
      }
      p += 31;
    }
  }

  static void reduceByGroup(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] part = c.allocateFloatLocalArray(64);
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int p = pc.get(0);
    int entries = program.get(p);
    p++;
    for (int e = 0; e < entries; e++) {
      int op = program.get(p);
      int results = program.get(p + 1);
      int terms = program.get(p + 2);
      int x = program.get(p + 3);
      int out = program.get(p + 4);
      for (int i = c.groupIdx; i < results; i += groups) {
        int from = x + offset(program, i, p + 5);
        float sum = identity(op);
        for (int j = l; j < terms; j += 64) {
          sum = joined(op, sum, heap.get(from + offset(program, j, p + 18)));
        }
        part[l] = sum;
        c.localBarrier();
        for (int h = 32; h > 0; h = h / 2) {
          if (l < h) {
            part[l] = joined(op, part[l], part[l + h]);
          }
          c.localBarrier();
        }
        if (l == 0) {
          heap.set(out + i, part[0]);
        }
        c.localBarrier();
      }
      p += 31;
    }
  }

  static void argmax(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int rows = program.get(p);
    int columns = program.get(p + 1);
    int x = program.get(p + 2);
    int out = program.get(p + 3);
    for (int row = c.globalIdx; row < rows; row += c.globalGroupSizeX) {
      int from = x + row * columns;
      int best = 0;
      float largest = heap.get(from);
      for (int i = 1; i < columns; i++) {
        float v = heap.get(from + i);
        if (Truth.larger(v, largest) == 1) {
          best = i;
          largest = v;
        }
      }
      heap.set(out + row, best);
    }
  }
}
