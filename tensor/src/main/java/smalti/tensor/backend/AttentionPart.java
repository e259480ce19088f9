package smalti.tensor.backend;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Tensor;

/// Holds what attending to some keys gave, to be joined with what attending to others gives: the
/// softmax over all of them is the mean of the two, weighted by their denominators.
///
/// @param out (B, H, T, D)
/// @param lse (B, H, T), contiguous: the logarithms of the denominators
public record AttentionPart(Tensor out, Tensor lse) {

  /// Computes [Backend#attentionStep] with the other kernels of a backend.
  static void step(
      Backend backend,
      Tensor q,
      List<Tensor> keys,
      List<Tensor> values,
      double scale,
      @Nullable AttentionPart others,
      Tensor out) {
    Tensor k = keys.size() == 1 ? keys.getFirst() : Tensor.cat(keys, 2);
    Tensor v = values.size() == 1 ? values.getFirst() : Tensor.cat(values, 2);
    Tensor joined = Tensor.zeros(q.shape(), q.dtype());
    Tensor lse = Tensor.zeros(q.shape().without(-1), q.dtype());
    backend.attention(q, k, v, new AttentionPattern.Full(), scale, 0, joined, lse);
    if (others != null) { // with w = l/(l + l′), w·o + (1 − w)·o′
      Tensor w = lse.sub(others.lse).unary(UnaryOp.SIGMOID);
      Tensor weight = w.reshape(w.dim(0), w.dim(1), w.dim(2), 1);
      joined = joined.sub(others.out).mul(weight).add(others.out);
    }
    backend.copy(joined, out);
  }
}
