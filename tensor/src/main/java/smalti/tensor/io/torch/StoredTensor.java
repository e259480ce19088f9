package smalti.tensor.io.torch;

import java.util.Arrays;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.io.torch.Pickled.StorageRef;
import smalti.tensor.io.torch.Pickled.TensorRef;

/// Says where a tensor's numbers lie. What could be made is inside its storage.
///
/// @param kind what the numbers are in the file
/// @param shape the shape
/// @param strides distance in elements between neighbours along each axis
/// @param key which storage of the file
/// @param first place of the first element in the storage
/// @param span number of elements from the first one to the last one
public record StoredTensor(
    Kind kind, Shape shape, int[] strides, String key, long first, int span) {

  /// Checks a tensor against its storage.
  static StoredTensor of(String name, TensorRef tensor) throws Malformed {
    StorageRef storage = tensor.storage;
    Shape shape = shape(name, tensor.sizes);
    if (tensor.strides.length != tensor.sizes.length) {
      throw Malformed.of(
          "tensor %s has %d sizes and %d strides",
          name, tensor.sizes.length, tensor.strides.length);
    }
    long last = tensor.offset;
    boolean inside = tensor.offset >= 0 && tensor.offset <= storage.length();
    for (int axis = 0; axis < shape.rank(); axis++) {
      long stride = tensor.strides[axis];
      long steps = Math.max(0, tensor.sizes[axis] - 1);
      // The storage's length bounds the product, so that nothing overflows.
      inside &= stride >= 0 && (steps == 0 || stride <= storage.length() / steps);
      last = inside ? last + steps * stride : last;
      inside &= last <= storage.length();
    }
    if (shape.elements() == 0) {
      return new StoredTensor(
          storage.kind(), shape, new int[shape.rank()], storage.key(), storage.offset(), 0);
    }
    if (!inside || last >= storage.length()) {
      throw Malformed.of(
          "tensor %s of shape %s, strides %s, offset %d is not inside its storage of %d elements",
          name, shape.toString(), Arrays.toString(tensor.strides), tensor.offset, storage.length());
    }
    long span = last - tensor.offset + 1;
    if (span > Integer.MAX_VALUE - 8) {
      throw Malformed.of(
          "tensor %s reaches over %d elements, more than an array holds", name, span);
    }
    int[] strides = new int[shape.rank()];
    for (int axis = 0; axis < strides.length; axis++) {
      // The stride of an axis of size 1 is never used, and may be any number.
      strides[axis] = shape.dim(axis) == 1 ? 1 : (int) tensor.strides[axis];
    }
    return new StoredTensor(
        storage.kind(),
        shape,
        strides,
        storage.key(),
        storage.offset() + tensor.offset,
        (int) span);
  }

  private static Shape shape(String name, long[] sizes) throws Malformed {
    if (sizes.length > 64) {
      throw Malformed.of("tensor %s has %d axes", name, sizes.length);
    }
    int[] out = new int[sizes.length];
    for (int i = 0; i < out.length; i++) {
      if (sizes[i] < 0 || sizes[i] > Integer.MAX_VALUE) {
        throw Malformed.of("tensor %s has the size %d", name, sizes[i]);
      }
      out[i] = (int) sizes[i];
    }
    try {
      return Shape.of(out);
    } catch (ShapeException e) {
      throw Malformed.of("tensor %s is too large: %s", name, String.valueOf(e.getMessage()));
    }
  }

  /// Returns the number of bytes that the tensor has when it is written out in full.
  long bytes() {
    return (long) shape.elements() * kind.bytes();
  }
}
