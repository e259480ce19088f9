package smalti.tensor.memory;

import smalti.tensor.DType;
import smalti.tensor.Layout;
import smalti.tensor.Shape;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Makes tensors for kernels to write all of, so that an array that is lent again need not be
/// cleared first.
public final class Outputs {
  private Outputs() {}

  /// Returns a contiguous tensor of whatever numbers its array holds.
  public static Tensor of(Shape shape, DType dtype) {
    if (dtype != DType.F32) {
      return Tensor.zeros(shape, dtype);
    }
    return new Tensor(
        new Storage.F32(Recycler.anything(shape.elements())), Layout.contiguous(shape));
  }

  /// Returns the same for the shape and dtype of another tensor.
  public static Tensor like(Tensor x) {
    return of(x.shape(), x.dtype());
  }
}
