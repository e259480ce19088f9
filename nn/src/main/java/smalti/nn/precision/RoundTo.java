package smalti.nn.precision;

import org.jspecify.annotations.Nullable;
import smalti.autograd.op.Context;
import smalti.autograd.op.CustomOp;
import smalti.tensor.Tensor;

/// Rounds numbers to a format on their way forward and their gradients on their way back, as if
/// they were kept so.
///
/// @param numbers format on the way forward
/// @param gradients format on the way back
/// @param lost is told how many gradients became zero
public record RoundTo(FloatFormat numbers, FloatFormat gradients, Lost lost) implements CustomOp {
  /// Is told about gradients that a format cannot hold.
  @FunctionalInterface
  public interface Lost {
    /// Notes the gradients of one tensor.
    ///
    /// @param vanished how many were not zero before rounding and are after
    /// @param all how many were not zero before
    void note(long vanished, long all);
  }

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor out = inputs[0].copy();
    numbers.round(out, false);
    return out;
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    return new Tensor[] {rounded(dOut, gradients, lost)};
  }

  /// Returns a rounded copy of gradients.
  static Tensor rounded(Tensor gradient, FloatFormat format, Lost lost) {
    Tensor out = gradient.copy();
    float[] a = FloatFormat.array(out);
    long vanished = 0;
    long all = 0;
    int from = out.layout().offset();
    for (int i = from; i < from + out.elements(); i++) {
      float x = a[i];
      a[i] = format.round(x);
      all += x == 0 ? 0 : 1;
      vanished += x != 0 && a[i] == 0 ? 1 : 0;
    }
    lost.note(vanished, all);
    return out;
  }
}
