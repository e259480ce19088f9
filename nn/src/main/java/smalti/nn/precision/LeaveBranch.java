package smalti.nn.precision;

import org.jspecify.annotations.Nullable;
import smalti.autograd.op.Context;
import smalti.autograd.op.CustomOp;
import smalti.tensor.Tensor;

/// Is where a residual branch ends. Forward nothing changes; the 32-bit gradient that goes into the
/// branch is multiplied by the branch's scale, what is not finite is set to zero, and the rest is
/// rounded to the format of the branch.
///
/// @param scale of the branch
/// @param format in which gradients inside the branch are kept
/// @param lost is told how many gradients became zero
public record LeaveBranch(double scale, FloatFormat format, RoundTo.Lost lost) implements CustomOp {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    return inputs[0];
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    return new Tensor[] {RoundTo.rounded(EnterBranch.filtered(dOut, scale), format, lost)};
  }
}
