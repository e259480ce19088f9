package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Holds the kernels on rows, each row by one work-group of up to 64 threads: softmax, layer norm
/// and cross-entropy.
final class RowKernels {
  private RowKernels() {}

  private static float larger(float a, float b) {
    return a != a ? a : b != b ? b : a > b ? a : b;
  }

  static void softmax(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] part = c.allocateFloatLocalArray(64);
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int p = pc.get(0) + 1;
    int rows = program.get(p);
    int columns = program.get(p + 1);
    int x = program.get(p + 2);
    int out = program.get(p + 3);
    int logarithm = program.get(p + 4);
    for (int row = c.groupIdx; row < rows; row += groups) {
      int at = x + row * columns;
      float most = Float.NEGATIVE_INFINITY;
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        most = larger(most, heap.get(at + i));
      }
      part[l] = most;
      c.localBarrier();
      for (int h = c.localGroupSizeX / 2; h > 0; h = h / 2) {
        if (l < h) {
          part[l] = larger(part[l], part[l + h]);
        }
        c.localBarrier();
      }
      most = part[0];
      c.localBarrier();
      float sum = 0f;
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        sum += TornadoMath.exp(heap.get(at + i) - most);
      }
      part[l] = sum;
      c.localBarrier();
      for (int h = c.localGroupSizeX / 2; h > 0; h = h / 2) {
        if (l < h) {
          part[l] = part[l] + part[l + h];
        }
        c.localBarrier();
      }
      sum = part[0];
      c.localBarrier();
      int to = out + row * columns;
      float lse = TornadoMath.log(sum);
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        float v = heap.get(at + i) - most;
        heap.set(to + i, logarithm == 1 ? v - lse : TornadoMath.exp(v) / sum);
      }
    }
  }

  static void softmaxGrad(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] part = c.allocateFloatLocalArray(64);
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int p = pc.get(0) + 1;
    int rows = program.get(p);
    int columns = program.get(p + 1);
    int y = program.get(p + 2);
    int d = program.get(p + 3);
    int dx = program.get(p + 4);
    int logarithm = program.get(p + 5);
    for (int row = c.groupIdx; row < rows; row += groups) {
      int at = row * columns;
      float sum = 0f;
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        float g = heap.get(d + at + i);
        sum += logarithm == 1 ? g : g * heap.get(y + at + i);
      }
      part[l] = sum;
      c.localBarrier();
      for (int h = c.localGroupSizeX / 2; h > 0; h = h / 2) {
        if (l < h) {
          part[l] = part[l] + part[l + h];
        }
        c.localBarrier();
      }
      sum = part[0];
      c.localBarrier();
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        float g = heap.get(d + at + i);
        float v = heap.get(y + at + i);
        heap.set(dx + at + i, logarithm == 1 ? g - TornadoMath.exp(v) * sum : v * (g - sum));
      }
    }
  }

  static void layerNorm(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] part = c.allocateFloatLocalArray(64);
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int p = pc.get(0) + 1;
    int rows = program.get(p);
    int columns = program.get(p + 1);
    int x = program.get(p + 2);
    int weight = program.get(p + 3);
    int bias = program.get(p + 4);
    int out = program.get(p + 5);
    int means = program.get(p + 6);
    int rstds = program.get(p + 7);
    float eps = input.get(program.get(p + 8));
    for (int row = c.groupIdx; row < rows; row += groups) {
      int at = row * columns;
      float sum = 0f;
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        sum += heap.get(x + at + i);
      }
      part[l] = sum;
      c.localBarrier();
      for (int h = c.localGroupSizeX / 2; h > 0; h = h / 2) {
        if (l < h) {
          part[l] = part[l] + part[l + h];
        }
        c.localBarrier();
      }
      float mean = part[0] / columns;
      c.localBarrier();
      float squares = 0f;
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        float v = heap.get(x + at + i) - mean;
        squares += v * v;
      }
      part[l] = squares;
      c.localBarrier();
      for (int h = c.localGroupSizeX / 2; h > 0; h = h / 2) {
        if (l < h) {
          part[l] = part[l] + part[l + h];
        }
        c.localBarrier();
      }
      float rstd = 1f / TornadoMath.sqrt(part[0] / columns + eps);
      c.localBarrier();
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        float v = (heap.get(x + at + i) - mean) * rstd;
        heap.set(out + at + i, v * heap.get(weight + i) + heap.get(bias + i));
      }
      if (l == 0) {
        heap.set(means + row, mean);
        heap.set(rstds + row, rstd);
      }
    }
  }

  static void layerNormGrad(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] part = c.allocateFloatLocalArray(64);
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int p = pc.get(0) + 1;
    float[] other = c.allocateFloatLocalArray(64);
    int rows = program.get(p);
    int columns = program.get(p + 1);
    int x = program.get(p + 2);
    int weight = program.get(p + 3);
    int means = program.get(p + 4);
    int rstds = program.get(p + 5);
    int d = program.get(p + 6);
    int dx = program.get(p + 7);
    for (int row = c.groupIdx; row < rows; row += groups) {
      int at = row * columns;
      float mean = heap.get(means + row);
      float rstd = heap.get(rstds + row);
      float sum = 0f;
      float dot = 0f;
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        float g = heap.get(d + at + i) * heap.get(weight + i);
        sum += g;
        dot += g * (heap.get(x + at + i) - mean) * rstd;
      }
      part[l] = sum;
      other[l] = dot;
      c.localBarrier();
      for (int h = c.localGroupSizeX / 2; h > 0; h = h / 2) {
        if (l < h) {
          part[l] = part[l] + part[l + h];
          other[l] = other[l] + other[l + h];
        }
        c.localBarrier();
      }
      float meanOfG = part[0] / columns;
      float meanOfDot = other[0] / columns;
      c.localBarrier();
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        float g = heap.get(d + at + i) * heap.get(weight + i);
        float v = (heap.get(x + at + i) - mean) * rstd;
        heap.set(dx + at + i, rstd * (g - meanOfG - v * meanOfDot));
      }
    }
  }

  /// Each thread sums one column of both gradients, from the first row to the last.
  static void layerNormGradWeight(
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
    int means = program.get(p + 3);
    int rstds = program.get(p + 4);
    int d = program.get(p + 5);
    int dWeight = program.get(p + 6);
    int dBias = program.get(p + 7);
    for (int i = c.globalIdx; i < columns; i += c.globalGroupSizeX) {
      float w = 0f;
      float b = 0f;
      for (int row = 0; row < rows; row++) {
        float g = heap.get(d + row * columns + i);
        b += g;
        w += g * (heap.get(x + row * columns + i) - heap.get(means + row)) * heap.get(rstds + row);
      }
      heap.set(dWeight + i, w);
      heap.set(dBias + i, b);
    }
  }

  static void crossEntropy(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    float[] part = c.allocateFloatLocalArray(64);
    int l = c.localIdx;
    int groups = c.globalGroupSizeX / c.localGroupSizeX;
    int p = pc.get(0) + 1;
    int rows = program.get(p);
    int columns = program.get(p + 1);
    int x = program.get(p + 2);
    int targets = program.get(p + 3);
    int loss = program.get(p + 4);
    int lses = program.get(p + 5);
    for (int row = c.groupIdx; row < rows; row += groups) {
      int at = x + row * columns;
      float most = Float.NEGATIVE_INFINITY;
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        most = larger(most, heap.get(at + i));
      }
      part[l] = most;
      c.localBarrier();
      for (int h = c.localGroupSizeX / 2; h > 0; h = h / 2) {
        if (l < h) {
          part[l] = larger(part[l], part[l + h]);
        }
        c.localBarrier();
      }
      most = part[0];
      c.localBarrier();
      float sum = 0f;
      for (int i = l; i < columns; i += c.localGroupSizeX) {
        sum += TornadoMath.exp(heap.get(at + i) - most);
      }
      part[l] = sum;
      c.localBarrier();
      for (int h = c.localGroupSizeX / 2; h > 0; h = h / 2) {
        if (l < h) {
          part[l] = part[l] + part[l + h];
        }
        c.localBarrier();
      }
      float lse = most + TornadoMath.log(part[0]);
      c.localBarrier();
      if (l == 0) {
        int target = ints.get(targets + row);
        float value = 0f;
        if (target >= 0) {
          value = lse - heap.get(at + target);
        }
        heap.set(loss + row, value);
        heap.set(lses + row, lse);
      }
    }
  }

  static void crossEntropyGrad(
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
    int targets = program.get(p + 3);
    int lses = program.get(p + 4);
    int d = program.get(p + 5);
    int dx = program.get(p + 6);
    int n = rows * columns;
    for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
      int row = i / columns;
      int target = ints.get(targets + row);
      float g = 0f;
      if (target >= 0) {
        float one = i - row * columns == target ? 1f : 0f;
        g = (TornadoMath.exp(heap.get(x + i) - heap.get(lses + row)) - one) * heap.get(d + row);
      }
      heap.set(dx + i, g);
    }
  }
}
