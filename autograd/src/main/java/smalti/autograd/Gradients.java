package smalti.autograd;

import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Tensor;

/// Holds the gradients of a loss with respect to the leaves it depends on.
public final class Gradients {
  private final Map<Variable, Tensor> byLeaf;

  Gradients(IdentityHashMap<Variable, Tensor> byLeaf) {
    this.byLeaf = byLeaf;
  }

  /// Returns the gradient of a leaf, or null if the loss does not depend on it.
  public @Nullable Tensor get(Variable leaf) {
    return byLeaf.get(leaf);
  }

  /// Returns the gradient of a leaf.
  ///
  /// @throws IllegalArgumentException if the loss does not depend on it
  public Tensor of(Variable leaf) {
    Tensor gradient = byLeaf.get(leaf);
    if (gradient == null) {
      throw new IllegalArgumentException(
          "gradients: the loss does not depend on this leaf of shape " + leaf.shape());
    }
    return gradient;
  }

  /// Returns the number of leaves that have a gradient.
  public int size() {
    return byLeaf.size();
  }
}
