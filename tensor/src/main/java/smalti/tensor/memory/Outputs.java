package smalti.tensor.memory;

import smalti.tensor.DType;
import smalti.tensor.Layout;
import smalti.tensor.Shape;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Makes tensors for kernels to write all of, so that an array that is lent again need not be
/// cleared first.
public final class Outputs {
  private Outputs() {}

  /// Returns a contiguous tensor of whatever numbers its array holds.
  public static Tensor of(Shape shape, DType dtype) {
    return new Tensor(Backends.current().output(dtype, shape.elements()), Layout.contiguous(shape));
  }

  /// Returns an array of the host, of whatever numbers it holds.
  public static Storage storage(DType dtype, int length) {
    return dtype == DType.F32
        ? new Storage.F32(Recycler.anything(length))
        : Storage.allocate(dtype, length);
  }

  /// Returns the same for the shape and dtype of another tensor.
  public static Tensor like(Tensor x) {
    return of(x.shape(), x.dtype());
  }
}
