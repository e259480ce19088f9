package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Chooses between `a` and `b`, elementwise: inputs condition, a, b; all broadcast.
public record Where() implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    context.save(inputs[0]);
    return Tensor.where(inputs[0], inputs[1], inputs[2]);
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor condition = context.saved(0);
    Tensor zero = Tensor.zeros(Shape.SCALAR, dOut.dtype());
    Tensor da = context.needs(1) ? Tensor.where(condition, dOut, zero) : null;
    Tensor db = context.needs(2) ? Tensor.where(condition, zero, dOut) : null;
    return new @Nullable Tensor[] {
      null,
      da == null ? null : da.sumTo(context.shape(1)),
      db == null ? null : db.sumTo(context.shape(2))
    };
  }

  /// Draws applications in which each input in turn is the widest.
  public static List<Sample> samples(Random random) {
    Shape wide = Draw.shape(random, 0, 3);
    Shape narrow = Draw.broadcastTo(random, wide);
    Shape other = Draw.broadcastTo(random, wide);
    return List.of(
        sample(random, wide, narrow, other),
        sample(random, narrow, wide, other),
        sample(random, narrow, other, wide));
  }

  private static Sample sample(Random random, Shape condition, Shape a, Shape b) {
    return Sample.of(
        new Where(),
        Draw.indices(random, 2, condition.toArray()),
        Draw.normal(random, a),
        Draw.normal(random, b));
  }
}
