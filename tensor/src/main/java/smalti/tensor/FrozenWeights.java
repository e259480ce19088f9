package smalti.tensor;

import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.FixedFactor;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.memory.Outputs;

/// Holds a model's weights while they do not change, as in sampling, where rows are multiplied by
/// the same matrices again and again: each is laid out for that once, when it is first used. That
/// takes as much memory as the weights, until this is collected; or until the step is over in which
/// this is made, if it is made in one, and it is not used after that.
public final class FrozenWeights {
  private static final ScopedValue<FrozenWeights> CURRENT = ScopedValue.newInstance();

  private final Map<Tensor, FixedFactor> factors = new IdentityHashMap<>();

  /// Freezes weights: they must not change as long as this is used.
  public FrozenWeights(Collection<Tensor> weights) {
    Backend backend = Backends.current();
    for (Tensor weight : weights) {
      if (weight.rank() == 2) {
        factors.put(weight, backend.fixedFactor(weight.transpose(0, 1)));
      }
    }
  }

  /// Runs an action in which [#rowsTimes] makes use of these.
  public <R> R during(Supplier<R> action) {
    return ScopedValue.where(CURRENT, this).call(action::get);
  }

  /// Returns `rows·weightᵀ + bias`, the same product whether the weight is frozen or not; where
  /// there is a bias, it may be added to the first terms of a sum or to all of them.
  ///
  /// @param rows (M, K)
  /// @param weight (N, K)
  /// @param bias (N), contiguous, or null
  /// @throws ShapeException if the sizes do not fit
  public static Tensor rowsTimes(Tensor rows, Tensor weight, @Nullable Tensor bias) {
    Tensor out = product(rows, weight, bias);
    FixedFactor factor = factor(weight);
    if (factor == null) {
      Backends.current().addmm(bias, rows, weight.transpose(0, 1), out);
    } else {
      factor.multiply(rows, bias, out);
    }
    return out;
  }

  /// Is a product and a function of each of its numbers, both (M, N).
  public record Activated(Tensor product, Tensor activation) {}

  /// Returns [#rowsTimes], and a function of each number of it.
  ///
  /// @throws ShapeException if the sizes do not fit
  public static Activated rowsTimes(
      Tensor rows, Tensor weight, @Nullable Tensor bias, UnaryOp function) {
    Tensor out = product(rows, weight, bias);
    Tensor y = Outputs.like(out);
    FixedFactor factor = factor(weight);
    if (factor == null) {
      Backends.current().addmmActivation(bias, rows, weight.transpose(0, 1), function, out, y);
    } else {
      factor.multiply(rows, bias, out);
      Backends.current().unary(function, out, y);
    }
    return new Activated(out, y);
  }

  private static @Nullable FixedFactor factor(Tensor weight) {
    return CURRENT.isBound() ? CURRENT.get().factors.get(weight) : null;
  }

  /// Checks sizes and returns room for a product.
  private static Tensor product(Tensor rows, Tensor weight, @Nullable Tensor bias) {
    if (rows.dim(1) != weight.dim(1) || bias != null && bias.dim(0) != weight.dim(0)) {
      throw ShapeException.of(
          "rowsTimes: rows %s, weight %s and bias %s do not fit (M, K), (N, K) and (N)",
          rows.shape(), weight.shape(), bias == null ? "none" : bias.shape());
    }
    return Outputs.of(Shape.of(rows.dim(0), weight.dim(0)), rows.dtype());
  }
}
