package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Picks elements along the last axis, `out[…, i] = x[…, index[…, i]]`: inputs x (…, N) and I32
/// index (…, K).
public record Gather() implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor x = inputs[0].contiguous();
    Tensor index = inputs[1].contiguous();
    Require.floating("gather", x);
    Require.rankAtLeast("gather", "x", x, 1);
    Require.rankAtLeast("gather", "index", index, 1);
    if (!x.shape().without(-1).equals(index.shape().without(-1))) {
      throw ShapeException.of(
          "gather: all axes but the last must agree; x %s, index %s (%s ≠ %s)",
          x.shape(), index.shape(), x.shape().without(-1), index.shape().without(-1));
    }
    Require.indices("gather", "indices", index, 0, x.dim(-1));
    Tensor out = Tensor.zeros(index.shape(), x.dtype());
    Backends.current().gather(x, index, out);
    context.save(index);
    return out; // (…, K)
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dx = Tensor.zeros(context.shape(0), dOut.dtype());
    Backends.current().gatherGrad(context.saved(0), dOut.contiguous(), dx);
    return new @Nullable Tensor[] {dx, null};
  }

  /// Draws indices with repetitions.
  public static List<Sample> samples(Random random) {
    Shape shape = Draw.shape(random, 1, 3);
    Shape picked = shape.with(-1, Draw.size(random));
    return List.of(
        Sample.of(
            new Gather(),
            Draw.normal(random, shape),
            Draw.indices(random, shape.dim(-1), picked.toArray())));
  }
}
