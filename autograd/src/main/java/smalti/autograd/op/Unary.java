package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.memory.Outputs;

/// Applies a function of one argument to each element.
///
/// @param function the function and its derivative
public record Unary(UnaryOp function) implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor y = inputs[0].unary(function);
    context.save(function.slopeNeedsX() ? inputs[0] : y, y);
    return y;
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dx = Outputs.like(dOut);
    Tensor x = context.saved(0).contiguous();
    Backends.current().unaryGrad(function, x, context.saved(1), dOut.contiguous(), dx);
    return new Tensor[] {dx};
  }

  /// Draws one application of every function.
  public static List<Sample> samples(Random random) {
    return Arrays.stream(UnaryOp.values())
        .map(f ->
            Sample.of(
                new Unary(f),
                Draw.uniform(random, Draw.shape(random, 0, 3), f.low(), f.high(), f.kinks())))
        .toList();
  }
}
