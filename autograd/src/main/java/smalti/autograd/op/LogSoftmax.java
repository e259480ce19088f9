package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Computes the logarithm of the softmax, `x − ln Σ eˣ`, of each row (last axis).
public record LogSoftmax() implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Require.floating("logSoftmax", inputs);
    Require.rankAtLeast("logSoftmax", "x", inputs[0], 1);
    Tensor y = Outputs.like(inputs[0]);
    Backends.current().logSoftmax(inputs[0].contiguous(), y);
    context.save(y);
    return y;
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dx = Outputs.like(dOut);
    Backends.current().logSoftmaxGrad(context.saved(0), dOut.contiguous(), dx);
    return new Tensor[] {dx};
  }

  /// Draws one row and many, also rows of one element.
  public static List<Sample> samples(Random random) {
    return List.of(
        Sample.of(new LogSoftmax(), Draw.normal(random, Draw.between(random, 1, 9))),
        Sample.of(new LogSoftmax(), Draw.normal(random, Draw.shape(random, 1, 4))));
  }
}
