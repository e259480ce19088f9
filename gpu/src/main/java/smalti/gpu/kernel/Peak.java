package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Holds the kernel that shows what the device can compute at most.
public final class Peak {
  /// Floating-point operations of each thread in a round.
  public static final int OPERATIONS = 2 * 16;

  private Peak() {}

  /// Runs sixteen independent chains of multiply-adds, a step each round; every thread writes one
  /// number, so that nothing is left out.
  static void multiplyAdds(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int rounds = program.get(p);
    int out = program.get(p + 1);
    float f = 0.999f - c.globalIdx * 1e-9f;
    float a0 = 1.0f;
    float a1 = 1.0625f;
    float a2 = 1.125f;
    float a3 = 1.1875f;
    float a4 = 1.25f;
    float a5 = 1.3125f;
    float a6 = 1.375f;
    float a7 = 1.4375f;
    float a8 = 1.5f;
    float a9 = 1.5625f;
    float a10 = 1.625f;
    float a11 = 1.6875f;
    float a12 = 1.75f;
    float a13 = 1.8125f;
    float a14 = 1.875f;
    float a15 = 1.9375f;
    for (int r = 0; r < rounds; r++) {
      a0 = a0 * f + f;
      a1 = a1 * f + f;
      a2 = a2 * f + f;
      a3 = a3 * f + f;
      a4 = a4 * f + f;
      a5 = a5 * f + f;
      a6 = a6 * f + f;
      a7 = a7 * f + f;
      a8 = a8 * f + f;
      a9 = a9 * f + f;
      a10 = a10 * f + f;
      a11 = a11 * f + f;
      a12 = a12 * f + f;
      a13 = a13 * f + f;
      a14 = a14 * f + f;
      a15 = a15 * f + f;
    }
    float low = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7;
    float high = a8 + a9 + a10 + a11 + a12 + a13 + a14 + a15;
    heap.set(out + c.globalIdx, low + high);
  }
}
