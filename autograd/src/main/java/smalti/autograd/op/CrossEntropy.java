package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Computes each row's loss `−ln softmax(logits)[target]`, in nats: inputs logits (rows, N) and I32
/// targets (rows); result (rows). Rows with a negative target are ignored: loss and gradient are 0.
public record CrossEntropy() implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Tensor logits = inputs[0].contiguous();
    Tensor targets = inputs[1].contiguous();
    Require.floating("crossEntropy", logits);
    Require.rank("crossEntropy", "logits", logits, 2, "(rows, N)");
    Require.rank("crossEntropy", "targets", targets, 1, "(rows)");
    Require.sameSize("crossEntropy", "rows", "logits", logits, 0, "targets", targets, 0);
    Require.indices("crossEntropy", "targets", targets, Integer.MIN_VALUE, logits.dim(1));
    Shape rows = targets.shape();
    Tensor loss = Outputs.of(rows, logits.dtype());
    Tensor lse = Outputs.of(rows, logits.dtype());
    Backends.current().crossEntropy(logits, targets, loss, lse);
    context.save(logits, targets, lse);
    return loss;
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor logits = context.saved(0);
    Tensor dx = Outputs.like(logits);
    Backends.current()
        .crossEntropyGrad(logits, context.saved(1), context.saved(2), dOut.contiguous(), dx);
    return new @Nullable Tensor[] {dx, null};
  }

  /// Draws targets of which some are ignored.
  public static List<Sample> samples(Random random) {
    int rows = Draw.size(random);
    int classes = Draw.between(random, 1, 7);
    int[] some = new int[rows];
    for (int i = 0; i < rows; i++) {
      some[i] = random.nextInt(classes + 1) - 1;
    }
    return List.of(
        Sample.of(
            new CrossEntropy(),
            Draw.normal(random, rows, classes),
            Draw.indices(random, classes, rows)),
        Sample.of(new CrossEntropy(), Draw.normal(random, rows, classes), Tensor.of(some, rows)));
  }
}
