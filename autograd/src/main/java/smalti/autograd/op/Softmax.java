package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Computes the softmax `eˣ/Σ eˣ` of each row (last axis).
public record Softmax() implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Require.floating("softmax", inputs);
    Require.rankAtLeast("softmax", "x", inputs[0], 1);
    Tensor y = Outputs.like(inputs[0]);
    Backends.current().softmax(inputs[0].contiguous(), y);
    context.save(y);
    return y;
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dx = Outputs.like(dOut);
    Backends.current().softmaxGrad(context.saved(0), dOut.contiguous(), dx);
    return new Tensor[] {dx};
  }

  /// Draws one row and many, also rows of one element.
  public static List<Sample> samples(Random random) {
    return List.of(
        Sample.of(new Softmax(), Draw.normal(random, Draw.between(random, 1, 9))),
        Sample.of(new Softmax(), Draw.normal(random, Draw.shape(random, 1, 4))));
  }
}
