package smalti.tensor.reference;

import smalti.tensor.Layout;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Reads and writes one matrix of a tensor (…, rows, columns) of any strides.
///
/// @param storage the numbers
/// @param offset place of element (0, 0)
/// @param rowStride distance between rows
/// @param columnStride distance between columns
record Matrix(Storage storage, int offset, int rowStride, int columnStride) {

  /// Returns the number of matrices in a tensor: the product of all sizes but the last two.
  static int count(Tensor tensor) {
    int count = 1;
    for (int axis = 0; axis < tensor.rank() - 2; axis++) {
      count *= tensor.dim(axis);
    }
    return count;
  }

  /// Returns a matrix of a tensor, counted in row-major order of the leading axes.
  static Matrix of(Tensor tensor, int index) {
    Layout layout = tensor.layout();
    int offset = layout.offset();
    int rest = index;
    for (int axis = tensor.rank() - 3; axis >= 0; axis--) {
      offset += rest % tensor.dim(axis) * layout.stride(axis);
      rest /= tensor.dim(axis);
    }
    return new Matrix(tensor.storage(), offset, layout.stride(-2), layout.stride(-1));
  }

  double get(int row, int column) {
    return storage.get(offset + row * rowStride + column * columnStride);
  }

  void set(int row, int column, double value) {
    storage.set(offset + row * rowStride + column * columnStride, value);
  }
}
