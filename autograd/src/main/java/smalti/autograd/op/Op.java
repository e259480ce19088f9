package smalti.autograd.op;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Tensor;

/// Is a differentiable operation on tensors, with its attributes as record components.
///
/// A permitted class also has `public static List<Sample> samples(Random random)`, which draws
/// representative applications for the gradient checker.
public sealed interface Op
    permits CustomOp {

  /// Checks the inputs and computes the result, saving in `context` what [#vjp] will need.
  ///
  /// @throws smalti.tensor.ShapeException if the shapes do not fit
  Tensor forward(Context context, Tensor... inputs);

  /// Computes the vector–Jacobian products: for each input the gradient of the loss, given that of
  /// the result; null for inputs that have none or that `context` says need none. A returned
  /// gradient may share storage with `dOut`; it is never changed afterwards.
  @Nullable Tensor[] vjp(Context context, Tensor dOut);
}
