package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Holds the elementwise kernels. The entry of each is written at [Kernel]; a task has several
/// entries, done one after the other by all threads together.
final class Elementwise {
  private Elementwise() {}

  /// Returns where element `i` of a view lies.
  ///
  /// @param sizes where the six sizes stand in the program, after the rank
  /// @param view where the view's base and six strides stand
  private static int place(IntArray program, int i, int sizes, int view) {
    int rest = i;
    int at = program.get(view);
    for (int d = program.get(sizes) - 1; d > 0; d--) {
      int size = program.get(sizes + 1 + d);
      int q = rest / size;
      at += (rest - q * size) * program.get(view + 1 + d);
      rest = q;
    }
    return at + rest * program.get(view + 1); // most views have one axis: no division
  }

  static void load(
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
      int n = program.get(p);
      int to = program.get(p + 1);
      int from = program.get(p + 2);
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        heap.set(to + i, input.get(from + i));
      }
      p += 3;
    }
  }

  static void fill(
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
      int n = program.get(p);
      float value = input.get(program.get(p + 1));
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        heap.set(place(program, i, p + 2, p + 9), value);
      }
      p += 16;
    }
  }

  static void copying(
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
      int n = program.get(p);
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        heap.set(place(program, i, p + 1, p + 15), heap.get(place(program, i, p + 1, p + 8)));
      }
      p += 22;
    }
  }

  static void unary(
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
      int n = program.get(p + 1);
      int out = program.get(p + 16);
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        heap.set(out + i, Functions.value(op, heap.get(place(program, i, p + 2, p + 9))));
      }
      p += 17;
    }
  }

  static void unaryGrad(
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
      int n = program.get(p + 1);
      int x = program.get(p + 2);
      int y = program.get(p + 3);
      int d = program.get(p + 4);
      int dx = program.get(p + 5);
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        heap.set(dx + i, heap.get(d + i) * Functions.slope(op, heap.get(x + i), heap.get(y + i)));
      }
      p += 6;
    }
  }

  static void binary(
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
      int n = program.get(p + 1);
      int out = program.get(p + 23);
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        float a = heap.get(place(program, i, p + 2, p + 9));
        float b = heap.get(place(program, i, p + 2, p + 16));
        heap.set(out + i, Functions.value2(op, a, b));
      }
      p += 24;
    }
  }

  static void binaryGrad(
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
      int n = program.get(p + 1);
      int d = program.get(p + 23);
      int dx = program.get(p + 24);
      int first = program.get(p + 25);
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        float a = heap.get(place(program, i, p + 2, p + 9));
        float b = heap.get(place(program, i, p + 2, p + 16));
        float slope = first == 1 ? Functions.slopeA(op, a, b) : Functions.slopeB(op, a, b);
        heap.set(dx + i, heap.get(d + i) * slope);
      }
      p += 26;
    }
  }

  static void where(
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
      int n = program.get(p);
      int out = program.get(p + 29);
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        float condition = heap.get(place(program, i, p + 1, p + 8));
        float a = heap.get(place(program, i, p + 1, p + 15));
        float b = heap.get(place(program, i, p + 1, p + 22));
        heap.set(out + i, condition == 0f ? b : a);
      }
      p += 30;
    }
  }

  static void axpby(
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
      int n = program.get(p);
      int x = program.get(p + 1);
      int y = program.get(p + 2);
      float alpha = input.get(program.get(p + 3));
      float beta = input.get(program.get(p + 4));
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        float kept = beta == 0f ? 0f : beta * heap.get(y + i);
        heap.set(y + i, alpha * heap.get(x + i) + kept);
      }
      p += 5;
    }
  }

  static void addBias(
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
      int n = program.get(p);
      int columns = program.get(p + 1);
      int bias = program.get(p + 2);
      int y = program.get(p + 3);
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        heap.set(y + i, heap.get(y + i) + heap.get(bias + i % columns));
      }
      p += 4;
    }
  }

  static void adam(
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
      int n = program.get(p);
      int param = program.get(p + 1);
      int grad = program.get(p + 2);
      int mean = program.get(p + 3);
      int variance = program.get(p + 4);
      float beta1 = input.get(program.get(p + 5));
      float rest1 = input.get(program.get(p + 6));
      float beta2 = input.get(program.get(p + 7));
      float rest2 = input.get(program.get(p + 8));
      float rate = input.get(program.get(p + 9)); // lr/(1 − β₁ᵗ)
      float correction = input.get(program.get(p + 10)); // 1/(1 − β₂ᵗ)
      float eps = input.get(program.get(p + 11));
      float shrink = input.get(program.get(p + 12)); // lr·decay
      for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
        float g = heap.get(grad + i);
        float m = beta1 * heap.get(mean + i) + rest1 * g;
        float v = beta2 * heap.get(variance + i) + rest2 * g * g;
        heap.set(mean + i, m);
        heap.set(variance + i, v);
        float w = heap.get(param + i);
        w -= shrink * w;
        heap.set(param + i, w - rate * m / (TornadoMath.sqrt(v * correction) + eps));
      }
      p += 13;
    }
  }
}
