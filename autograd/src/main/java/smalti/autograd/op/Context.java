package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Tensor;

/// Carries what an op saves in its forward pass to its backward pass, and which inputs need
/// gradients. Saved tensors are released as soon as the op's backward is done.
public final class Context {
  private final boolean[] needs;
  private @Nullable List<Tensor> saved;

  /// Makes the context of one application.
  ///
  /// @param needs for each input, whether its gradient is wanted
  public Context(boolean... needs) {
    this.needs = needs.clone();
  }

  /// Returns whether the gradient of an input is wanted.
  public boolean needs(int input) {
    return needs[input];
  }

  /// Returns whether any gradient is wanted, so that saving has a use.
  public boolean needsAny() {
    for (boolean need : needs) {
      if (need) {
        return true;
      }
    }
    return false;
  }

  /// Saves tensors for the backward pass; forgets them at once where no gradient is wanted.
  public void save(Tensor... tensors) {
    if (needsAny()) {
      saved = Arrays.asList(tensors.clone());
    }
  }

  /// Returns a saved tensor.
  ///
  /// @throws IllegalStateException if it was released by an earlier backward pass
  public Tensor saved(int index) {
    if (saved == null) {
      throw new IllegalStateException(
          "backward: what the forward pass saved has been released; a graph can be walked once");
    }
    return saved.get(index);
  }

  /// Forgets the saved tensors.
  public void release() {
    saved = null;
  }
}
