package smalti.nn;

import smalti.autograd.Variable;
import smalti.tensor.Tensor;

/// Computes losses, each the mean over all elements.
public final class Losses {
  private Losses() {}

  /// Returns the mean squared error.
  public static Variable mse(Variable x, Variable target) {
    return x.sub(target).square().mean();
  }

  /// Returns the mean absolute error.
  public static Variable l1(Variable x, Variable target) {
    return x.sub(target).abs().mean();
  }

  /// Returns the mean cross-entropy in nats.
  ///
  /// @param logits (…, N)
  /// @param targets I32 (…), all of them counted
  public static Variable crossEntropy(Variable logits, Tensor targets) {
    int n = logits.dim(-1);
    return logits.reshape(-1, n).crossEntropy(targets.reshape(-1)).mean();
  }

  /// Returns the mean binary cross-entropy of logits against targets of `[0, 1]`, in nats.
  public static Variable bceWithLogits(Variable logits, Variable targets) {
    return logits.softplus().sub(logits.mul(targets)).mean();
  }
}
