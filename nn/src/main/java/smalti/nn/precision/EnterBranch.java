package smalti.nn.precision;

import org.jspecify.annotations.Nullable;
import smalti.autograd.op.Context;
import smalti.autograd.op.CustomOp;
import smalti.tensor.Tensor;

/// Is where a residual branch begins. Forward nothing changes; the gradient that comes out of the
/// branch is divided by the branch's scale, and what is not finite is set to zero.
///
/// @param scale of the branch
public record EnterBranch(double scale) implements CustomOp {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    return inputs[0];
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    return new Tensor[] {filtered(dOut, 1 / scale)};
  }

  /// Returns gradients times a factor, with zero for those that are not finite.
  static Tensor filtered(Tensor gradient, double factor) {
    Tensor out = gradient.copy();
    float[] a = FloatFormat.array(out);
    int from = out.layout().offset();
    for (int i = from; i < from + out.elements(); i++) {
      float x = (float) (a[i] * factor);
      a[i] = Float.isFinite(x) ? x : 0;
    }
    return out;
  }
}
