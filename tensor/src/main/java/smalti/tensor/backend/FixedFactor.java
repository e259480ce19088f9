package smalti.tensor.backend;

import smalti.tensor.Tensor;

/// Multiplies matrices by one that stays the same as long as this is used, so that it may be laid
/// out once for all these products.
@FunctionalInterface
public interface FixedFactor {

  /// Computes `out = a·b`, where `b` (K, N) is the fixed matrix.
  ///
  /// @param a (M, K), of any strides
  /// @param out (M, N), contiguous
  void multiply(Tensor a, Tensor out);
}
