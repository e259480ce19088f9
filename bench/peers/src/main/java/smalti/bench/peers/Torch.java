package smalti.bench.peers;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import smalti.tensor.DType;

/// Carries numbers to libtorch and back.
final class Torch {
  private Torch() {}

  /// Returns a copy of a tensor of ours; whole numbers become 64-bit ones.
  static Tensor copy(smalti.tensor.Tensor x) {
    long[] shape = new long[x.rank()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = x.dim(i);
    }
    if (x.dtype() == DType.I32) {
      int[] ints = x.toInts();
      long[] longs = new long[ints.length];
      for (int i = 0; i < longs.length; i++) {
        longs[i] = ints[i];
      }
      try (LongPointer memory = new LongPointer(longs)) {
        return torch.from_blob(memory, shape, new TensorOptions(ScalarType.Long)).clone();
      }
    }
    try (FloatPointer memory = new FloatPointer(x.toFloats())) {
      return torch.from_blob(memory, shape).clone();
    }
  }

  /// Returns a copy that collects gradients.
  static Tensor leaf(smalti.tensor.Tensor x) {
    return copy(x).requires_grad_(true);
  }

  /// Returns the numbers in row-major order.
  static float[] numbers(Tensor x) {
    Tensor dense = x.detach().contiguous();
    float[] out = new float[(int) dense.numel()];
    new FloatPointer(dense.data_ptr()).get(out);
    return out;
  }

  static Scalar scalar(double value) {
    return new Scalar(value);
  }

  static TensorOptional optional(Tensor x) {
    return new TensorOptional(x);
  }

  /// Forgets a leaf's gradient, so that the next one is not added to it.
  static void forgetGradient(Tensor leaf) {
    leaf.mutable_grad().put(new Tensor());
  }
}
