package smalti.tensor.backend;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Tensor;

/// Multiplies matrices by one that stays the same as long as this is used, so that it may be laid
/// out once for all these products.
@FunctionalInterface
public interface FixedFactor {

  /// Computes `out = a·b + bias`, where `b` (K, N) is the fixed matrix.
  ///
  /// @param a (M, K), of any strides
  /// @param bias (N), contiguous, added to each row; null for none
  /// @param out (M, N), contiguous
  void multiply(Tensor a, @Nullable Tensor bias, Tensor out);
}
