package smalti.autograd;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

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

  /// Returns the gradients of all leaves, in no order.
  public List<Tensor> tensors() {
    return List.copyOf(byLeaf.values());
  }

  /// Returns gradients changed one by one: scaled, rounded.
  ///
  /// @param change returns a leaf's new gradient, of the same shape
  public Gradients map(BiFunction<Variable, Tensor, Tensor> change) {
    IdentityHashMap<Variable, Tensor> changed = new IdentityHashMap<>();
    byLeaf.forEach((leaf, gradient) -> changed.put(leaf, change.apply(leaf, gradient)));
    return new Gradients(changed);
  }

  /// Adds the gradients of another loss with a factor, in place: those of a batch in parts are
  /// gathered so. Leaves of which only the other loss depends are added, too.
  public void add(Gradients other, double factor) {
    other.byLeaf.forEach((leaf, gradient) -> {
      Tensor sum = byLeaf.get(leaf);
      if (sum == null) {
        byLeaf.put(leaf, gradient.mul(factor));
      } else {
        Backends.current().axpby(factor, gradient, 1, sum);
      }
    });
  }

  /// Returns the number of leaves that have a gradient.
  public int size() {
    return byLeaf.size();
  }
}
