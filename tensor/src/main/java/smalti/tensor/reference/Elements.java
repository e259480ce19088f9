package smalti.tensor.reference;

import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Reads and writes the elements of a tensor by their row-major index, whatever the strides.
final class Elements {
  private final Storage storage;
  private final int offset;
  private final boolean contiguous;
  private final int[] sizes;
  private final int[] strides;

  private Elements(Tensor tensor) {
    this.storage = tensor.storage();
    this.offset = tensor.layout().offset();
    this.contiguous = tensor.isContiguous();
    this.sizes = tensor.shape().toArray();
    this.strides = tensor.layout().strides();
  }

  static Elements of(Tensor tensor) {
    return new Elements(tensor);
  }

  /// Returns the number of rows of a tensor: the product of all sizes but the last.
  static int rows(Tensor tensor) {
    int rows = 1;
    for (int axis = 0; axis < tensor.rank() - 1; axis++) {
      rows *= tensor.dim(axis);
    }
    return rows;
  }

  double get(int index) {
    return storage.get(place(index));
  }

  void set(int index, double value) {
    storage.set(place(index), value);
  }

  private int place(int index) {
    if (contiguous) {
      return offset + index;
    }
    int place = offset;
    int rest = index;
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      place += rest % sizes[axis] * strides[axis];
      rest /= sizes[axis];
    }
    return place;
  }
}
