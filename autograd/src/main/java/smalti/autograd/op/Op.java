package smalti.autograd.op;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Tensor;

/// Is a differentiable operation on tensors, with its attributes as record components.
///
/// A permitted class other than [CustomOp] also has `public static List<Sample> samples(Random
/// random)`, which draws representative applications for the gradient checker.
public sealed interface Op
    permits Attention,
        AvgPool2d,
        Binary,
        Cat,
        Conv2d,
        CrossEntropy,
        CustomOp,
        Dropout,
        Embedding,
        Expand,
        Gather,
        LayerNorm,
        Linear,
        LogSoftmax,
        MatMul,
        MaxPool2d,
        Pad,
        Permute,
        Reduce,
        ReluConv2dChain,
        Reshape,
        SelfAttention,
        Slice,
        Softmax,
        Unary,
        UpsampleNearest2d,
        Where {

  /// Checks the inputs and computes the result, saving in `context` what [#vjp] will need.
  ///
  /// @throws smalti.tensor.ShapeException if the shapes do not fit
  Tensor forward(Context context, Tensor... inputs);

  /// Computes the vector–Jacobian products: for each input the gradient of the loss, given that of
  /// the result; null for inputs that have none or that `context` says need none. A returned
  /// gradient may share storage with `dOut`; neither is changed while it is needed, and neither may
  /// be kept, except by a [CustomOp]: the backward pass lends their arrays to later gradients.
  ///
  /// @param dOut the gradient of the result, of its shape and any strides
  @Nullable Tensor[] vjp(Context context, Tensor dOut);
}
