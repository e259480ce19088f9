package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Draws random numbers by Philox4x32-10, the same as on the CPU: see `smalti.tensor.Philox`.
final class Randoms {
  private Randoms() {}

  /// Returns the upper word of an unsigned product. TornadoVM writes `>>>` as `>>`, hence the mask.
  private static int high(int a, int b) {
    long product = (a & 0xffffffffL) * (b & 0xffffffffL);
    return (int) ((product >> 32) & 0xffffffffL);
  }

  private static float open(int bits) {
    return (((bits >> 9) & 0x7fffff) + 0.5f) * 1.1920928955078125e-7f; // 2⁻²³
  }

  /// Returns the cosine of `2πu`, or its sine. The quarter is known exactly; from its middle on the
  /// angle is at most π/4, where few terms of the series do.
  private static float wave(float u, int sine) {
    int quarter = (int) (4f * u + 0.5f);
    float t = 6.2831853f * (u - 0.25f * quarter);
    float s = t * t;
    float even = 1f + s * (-0.5f + s * (1f / 24f + s * (-1f / 720f + s * (1f / 40320f))));
    float odd = t + t * s * (-1f / 6f + s * (1f / 120f + s * (-1f / 5040f + s * (1f / 362880f))));
    float y = (quarter & 1) == sine ? even : odd;
    return ((quarter + 1 - sine) & 2) == 0 ? y : -y;
  }

  /// Each thread computes one block: four numbers.
  static void random(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int kind = program.get(p); // 0 uniform, 1 normal, 2 dropout
    int n = program.get(p + 1);
    int key = program.get(p + 2);
    int out = program.get(p + 3);
    int x = program.get(p + 4);
    float least = input.get(program.get(p + 5));
    float factor = input.get(program.get(p + 6));
    int blocks = (n + 3) / 4;
    for (int b = c.globalIdx; b < blocks; b += c.globalGroupSizeX) {
      int k0 = ints.get(key);
      int k1 = ints.get(key + 1);
      int c0 = b;
      int c1 = 0;
      int c2 = 0;
      int c3 = 0;
      for (int round = 0; round < 10; round++) {
        int h0 = high(0xD2511F53, c0);
        int l0 = 0xD2511F53 * c0;
        int h1 = high(0xCD9E8D57, c2);
        int l1 = 0xCD9E8D57 * c2;
        c0 = h1 ^ c1 ^ k0;
        c1 = l1;
        c2 = h0 ^ c3 ^ k1;
        c3 = l0;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
      }
      float u0 = open(c0);
      float u1 = open(c1);
      float u2 = open(c2);
      float u3 = open(c3);
      if (kind == 1) {
        float r0 = TornadoMath.sqrt(-2f * Functions.log(u0));
        float r1 = TornadoMath.sqrt(-2f * Functions.log(u2));
        float v1 = u1;
        float v3 = u3;
        u0 = r0 * wave(v1, 0);
        u1 = r0 * wave(v1, 1);
        u2 = r1 * wave(v3, 0);
        u3 = r1 * wave(v3, 1);
      }
      int i = b * 4;
      if (kind == 2) {
        u0 = u0 >= least ? heap.get(x + i) * factor : 0f;
        if (i + 1 < n) {
          u1 = u1 >= least ? heap.get(x + i + 1) * factor : 0f;
        }
        if (i + 2 < n) {
          u2 = u2 >= least ? heap.get(x + i + 2) * factor : 0f;
        }
        if (i + 3 < n) {
          u3 = u3 >= least ? heap.get(x + i + 3) * factor : 0f;
        }
      }
      heap.set(out + i, u0);
      if (i + 1 < n) {
        heap.set(out + i + 1, u1);
      }
      if (i + 2 < n) {
        heap.set(out + i + 2, u2);
      }
      if (i + 3 < n) {
        heap.set(out + i + 3, u3);
      }
    }
  }
}
