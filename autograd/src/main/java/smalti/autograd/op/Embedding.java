package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Looks rows up in a table: inputs weight (N, C) and I32 ids of any shape; result (ids…, C). The
/// gradient of a row is the sum over the places that use it.
public record Embedding() implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor weight = inputs[0].contiguous();
    Tensor ids = inputs[1].contiguous();
    Require.floating("embedding", weight);
    Require.rank("embedding", "weight", weight, 2, "(N, C)");
    Require.indices("embedding", "ids", ids, 0, weight.dim(0));
    int[] sizes = Arrays.copyOf(ids.shape().toArray(), ids.rank() + 1);
    sizes[ids.rank()] = weight.dim(1);
    Tensor out = Outputs.of(Shape.of(sizes), weight.dtype());
    Backends.current().embedding(weight, ids, out);
    context.save(ids);
    return out; // (ids…, C)
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dWeight = Tensor.zeros(context.shape(0), dOut.dtype());
    Backends.current().embeddingGrad(context.saved(0), dOut.contiguous(), dWeight);
    return new @Nullable Tensor[] {dWeight, null};
  }

  /// Draws ids of several shapes, with repetitions.
  public static List<Sample> samples(Random random) {
    int rows = Draw.between(random, 1, 6);
    Tensor weight = Draw.normal(random, rows, Draw.size(random));
    return List.of(
        Sample.of(new Embedding(), weight, Draw.indices(random, rows)),
        Sample.of(
            new Embedding(),
            weight,
            Draw.indices(random, rows, Draw.shape(random, 1, 2).toArray())));
  }
}
