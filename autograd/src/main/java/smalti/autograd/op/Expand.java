package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Broadcasts to a larger shape; the gradient is summed back.
///
/// @param shape the larger shape
public record Expand(Shape shape) implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    return inputs[0].expand(shape);
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    return new Tensor[] {dOut.sumTo(context.shape(0))};
  }

  /// Draws expansions of a scalar and of a random shape.
  public static List<Sample> samples(Random random) {
    Shape shape = Draw.shape(random, 0, 4);
    return List.of(
        Sample.of(new Expand(shape), Draw.normal(random)),
        Sample.of(new Expand(shape), Draw.normal(random, Draw.broadcastTo(random, shape))));
  }
}
