package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.FrozenWeights;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Multiplies rows by a matrix and adds a bias, `y = x·Wᵀ + b`: inputs x (…, I), weight (O, I) and,
/// if there is one, bias (O). The gradients are `dx = dy·W`, `dW = dyᵀ·x` and `db = Σ dy` over all
/// rows.
public record Linear() implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor x = inputs[0];
    Tensor weight = inputs[1];
    Require.floating("linear", inputs);
    Require.rankAtLeast("linear", "x", x, 1);
    Require.rank("linear", "weight", weight, 2, "(O, I)");
    Require.sameSize("linear", "input sizes", "x", x, -1, "weight", weight, 1);
    Tensor rows = MatMul.rows(x);
    Tensor bias = null;
    if (inputs.length > 2) {
      Require.rank("linear", "bias", inputs[2], 1, "(O)");
      Require.sameSize("linear", "output sizes", "weight", weight, 0, "bias", inputs[2], 0);
      bias = inputs[2].contiguous();
    }
    Tensor out = FrozenWeights.rowsTimes(rows, weight, bias); // (rows, O)
    context.save(rows, weight);
    return out.reshape(x.shape().with(-1, weight.dim(0))); // (…, O)
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dRows = MatMul.rows(dOut); // (rows, O)
    @Nullable Tensor[] gradients = new Tensor[context.inputs()];
    if (context.needs(0)) {
      gradients[0] = dRows.matmul(context.saved(1)).reshape(context.shape(0));
    }
    if (context.needs(1)) {
      gradients[1] = dRows.transpose(0, 1).matmul(context.saved(0)); // (O, I)
    }
    if (gradients.length > 2 && context.needs(2)) {
      gradients[2] = dRows.sum(0);
    }
    return gradients;
  }

  /// Draws applications with and without bias, to one row and to many.
  public static List<Sample> samples(Random random) {
    Shape shape = Draw.shape(random, 1, 4);
    int in = shape.dim(-1);
    int out = Draw.size(random);
    return List.of(
        Sample.of(new Linear(), Draw.normal(random, shape), Draw.normal(random, out, in)),
        Sample.of(
            new Linear(),
            Draw.normal(random, shape),
            Draw.normal(random, out, in),
            Draw.normal(random, out)));
  }
}
