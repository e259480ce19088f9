package smalti.autograd.op;

import java.util.List;
import smalti.tensor.Tensor;

/// Is one application of an op on which its gradient is checked.
///
/// @param op the op with its attributes
/// @param inputs F64 tensors, which are differentiated, and I32 tensors, which are not
public record Sample(Op op, List<Tensor> inputs) {
  /// Makes a sample.
  public static Sample of(Op op, Tensor... inputs) {
    return new Sample(op, List.of(inputs));
  }
}
