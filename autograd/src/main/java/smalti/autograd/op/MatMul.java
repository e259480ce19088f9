package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Multiplies matrices over the last two axes; leading axes broadcast. With `c = a·b`: `da = dc·bᵀ`
/// and `db = aᵀ·dc`, summed over what was broadcast.
public record MatMul() implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    context.save(inputs);
    return inputs[0].matmul(inputs[1]);
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor a = context.saved(0); // (…, M, K)
    Tensor b = context.saved(1); // (…, K, N)
    Tensor da = null;
    Tensor db = null;
    if (context.needs(0)) {
      da = dOut.matmul(b.transpose(-2, -1)).sumTo(a.shape());
    }
    if (context.needs(1)) {
      db =
          b.rank() == 2
              ? rows(a).transpose(0, 1).matmul(rows(dOut)) // one product does the sum, too
              : a.transpose(-2, -1).matmul(dOut).sumTo(b.shape());
    }
    return new @Nullable Tensor[] {da, db};
  }

  /// Returns all axes but the last as one.
  static Tensor rows(Tensor x) {
    int columns = x.dim(-1);
    return x.rank() == 2 ? x : x.reshape(x.shape().without(-1).elements(), columns);
  }

  /// Draws plain, batched and broadcast products, some of them of transposed views.
  public static List<Sample> samples(Random random) {
    int m = Draw.size(random);
    int k = Draw.size(random);
    int n = Draw.size(random);
    Shape batch = Draw.shape(random, 1, 2);
    Tensor transposed = Draw.normal(random, n, k).transpose(0, 1);
    return List.of(
        Sample.of(new MatMul(), Draw.normal(random, m, k), Draw.normal(random, k, n)),
        Sample.of(new MatMul(), Draw.normal(random, matrices(batch, m, k)), transposed),
        sample(random, batch, Draw.broadcastTo(random, batch), m, k, n),
        sample(random, Draw.broadcastTo(random, batch), batch, m, k, n));
  }

  private static Sample sample(Random random, Shape batchA, Shape batchB, int m, int k, int n) {
    return Sample.of(
        new MatMul(),
        Draw.normal(random, matrices(batchA, m, k)),
        Draw.normal(random, matrices(batchB, k, n)));
  }

  private static Shape matrices(Shape batch, int rows, int columns) {
    int[] sizes = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
    sizes[batch.rank()] = rows;
    sizes[batch.rank() + 1] = columns;
    return Shape.of(sizes);
  }
}
