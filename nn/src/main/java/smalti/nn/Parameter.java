package smalti.nn;

import smalti.autograd.Variable;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Is a leaf that training changes. Its storage stays the same for life: optimisers and state
/// loading write into it.
public final class Parameter extends Variable {
  private final String name;

  /// Makes a parameter over a tensor, which it owns from now on.
  ///
  /// @param name its name within its module, e.g. `weight`
  public Parameter(String name, Tensor value) {
    super(value.contiguous(), true);
    this.name = name;
  }

  /// Returns the name within its own module.
  public String name() {
    return name;
  }

  /// Overwrites the numbers.
  ///
  /// @throws ShapeException if the shape differs
  public void assign(Tensor numbers) {
    if (!numbers.shape().equals(shape())) {
      throw ShapeException.of("%s: has shape %s; got %s", name, shape(), numbers.shape());
    }
    Backends.current().copy(numbers, value());
  }
}
