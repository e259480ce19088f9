package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.memory.Recycler;

/// Carries what an op saves in its forward pass to its backward pass, the shapes of its inputs, and
/// which of them need gradients. Saved tensors are released as soon as the op's backward is done.
public final class Context {
  /// The message when a graph is walked a second time.
  public static final String RELEASED =
      "backward: what the forward pass saved has been released; a graph can be walked once. Add"
          + " losses that share a part before walking back";

  private final boolean[] needs;
  private final Shape[] shapes;
  private List<Tensor> saved = List.of();
  private boolean released;

  /// Makes the context of one application.
  ///
  /// @param needs for each input, whether its gradient is wanted
  /// @param inputs the inputs, of which only the shapes are kept
  public Context(boolean[] needs, Tensor... inputs) {
    this.needs = needs.clone();
    this.shapes = new Shape[inputs.length];
    Arrays.setAll(shapes, i -> inputs[i].shape());
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

  /// Returns the number of inputs.
  public int inputs() {
    return shapes.length;
  }

  /// Returns the shape of an input.
  public Shape shape(int input) {
    return shapes[input];
  }

  /// Saves tensors for the backward pass; forgets them at once where no gradient is wanted.
  public void save(Tensor... tensors) {
    if (needsAny()) {
      saved = List.of(tensors);
      saved.forEach(Recycler::save);
    }
  }

  /// Returns a saved tensor.
  ///
  /// @throws IllegalStateException if it was released by an earlier backward pass
  public Tensor saved(int index) {
    checkOpen();
    return saved.get(index);
  }

  /// Forgets the saved tensors.
  ///
  /// @throws IllegalStateException if that was done before: the graph is being walked twice
  public void release() {
    checkOpen();
    released = true;
    saved = List.of();
  }

  private void checkOpen() {
    if (released) {
      throw new IllegalStateException(RELEASED);
    }
  }
}
