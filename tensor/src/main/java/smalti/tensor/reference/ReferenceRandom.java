package smalti.tensor.reference;

import smalti.tensor.Philox;
import smalti.tensor.Tensor;

/// Defines the bulk random numbers: each depends on the key and its index only.
final class ReferenceRandom {
  private ReferenceRandom() {}

  static void uniform(long key, Tensor out) {
    Elements to = Elements.of(out);
    for (int i = 0; i < out.elements(); i++) {
      to.set(i, uniform(key, i));
    }
  }

  /// Returns uniform number `i` of a key.
  private static double uniform(long key, int i) {
    int[] block = new int[4];
    Philox.block(key, i / 4, 0, block);
    return Philox.toOpenUnitFloat(block[i % 4]);
  }

  /// The point at radius `√(−2 ln u)` and angle `2π·u′` has two independent normal coordinates (Box
  /// and Muller 1958).
  static void normal(long key, Tensor out) {
    Elements to = Elements.of(out);
    for (int i = 0; i < out.elements(); i++) {
      int even = i - i % 2;
      double radius = Math.sqrt(-2 * Math.log(uniform(key, even)));
      double angle = 2 * Math.PI * uniform(key, even + 1);
      to.set(i, radius * (i % 2 == 0 ? Math.cos(angle) : Math.sin(angle)));
    }
  }

  static void dropout(Tensor x, long key, double p, Tensor out) {
    Elements xs = Elements.of(x);
    Elements to = Elements.of(out);
    for (int i = 0; i < out.elements(); i++) {
      to.set(i, uniform(key, i) >= p ? xs.get(i) / (1 - p) : 0);
    }
  }
}
