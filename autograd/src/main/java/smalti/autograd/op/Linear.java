package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.FrozenWeights;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.memory.Outputs;

/// Multiplies rows by a matrix and adds a bias, `y = x·Wᵀ + b`: inputs x (…, I), weight (O, I) and,
/// if there is one, bias (O). The gradients are `dx = dy·W`, `dW = dyᵀ·x` and `db = Σ dy` over all
/// rows. With an activation the result is a function of each of these numbers.
///
/// @param activation the function, or null
public record Linear(@Nullable UnaryOp activation) implements Op {

  /// Makes the op without an activation.
  public Linear() {
    this(null);
  }

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
    Tensor out; // (rows, O)
    if (activation == null) {
      out = FrozenWeights.rowsTimes(rows, weight, bias);
      context.save(rows, weight);
    } else {
      FrozenWeights.Activated a = FrozenWeights.rowsTimes(rows, weight, bias, activation);
      out = a.activation();
      context.save(rows, weight, activation.slopeNeedsX() ? a.product() : out, out);
    }
    return out.reshape(x.shape().with(-1, weight.dim(0))); // (…, O)
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor dRows = beforeActivation(context, MatMul.rows(dOut)); // (rows, O)
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

  private Tensor beforeActivation(Context context, Tensor dRows) {
    if (activation == null) {
      return dRows;
    }
    Tensor before = Outputs.like(dRows);
    Tensor x = context.saved(2);
    Backends.current().unaryGrad(activation, x, context.saved(3), dRows.contiguous(), before);
    return before;
  }

  /// Draws applications with and without bias and activation, to one row and to many.
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
            Draw.normal(random, out)),
        Sample.of(
            new Linear(UnaryOp.GELU),
            Draw.normal(random, shape),
            Draw.normal(random, out, in),
            Draw.normal(random, out)),
        Sample.of(
            new Linear(UnaryOp.TANH), Draw.normal(random, shape), Draw.normal(random, out, in)));
  }
}
