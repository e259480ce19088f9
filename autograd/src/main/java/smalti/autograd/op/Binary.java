package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.memory.Outputs;

/// Applies a function of two arguments to each pair of elements, broadcast as NumPy does.
///
/// @param function the function and its two derivatives
public record Binary(BinaryOp function) implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    if (function == BinaryOp.MUL) { // a factor's gradient reads the other only
      Tensor a = context.needs(1) ? inputs[0] : inputs[1];
      Tensor b = context.needs(0) ? inputs[1] : inputs[0];
      context.save(a, b);
    } else if (function != BinaryOp.ADD && function != BinaryOp.SUB && !function.isComparison()) {
      context.save(inputs);
    }
    return inputs[0].binary(function, inputs[1]);
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    return new @Nullable Tensor[] {gradient(context, 0, dOut), gradient(context, 1, dOut)};
  }

  private @Nullable Tensor gradient(Context context, int input, Tensor dOut) {
    if (!context.needs(input) || function.isComparison()) {
      return null;
    }
    Shape target = context.shape(input);
    if (function == BinaryOp.ADD || function == BinaryOp.SUB && input == 0) {
      return dOut.sumTo(target);
    }
    if (function == BinaryOp.SUB) {
      return dOut.sumTo(target).neg();
    }
    Tensor dx = Outputs.like(dOut);
    Tensor a = context.saved(0).expand(dOut.shape());
    Tensor b = context.saved(1).expand(dOut.shape());
    Backends.current().binaryGrad(function, input == 0, a, b, dOut.contiguous(), dx);
    return dx.sumTo(target);
  }

  /// Draws one application of every function, with broadcasting. No two numbers are near each
  /// other, as maxima and comparisons jump there, and none is near 0, where quotients do.
  public static List<Sample> samples(Random random) {
    return Arrays.stream(BinaryOp.values()).map(f -> sample(f, random)).toList();
  }

  private static Sample sample(BinaryOp function, Random random) {
    Shape shape = Draw.shape(random, 0, 3);
    Shape narrow = Draw.broadcastTo(random, shape);
    boolean swap = random.nextBoolean(0.5);
    Tensor a = steps(random, swap ? narrow : shape, 0.3);
    Tensor b = steps(random, swap ? shape : narrow, 0.35);
    boolean signed = function != BinaryOp.POW;
    return Sample.of(
        new Binary(function),
        signed && random.nextBoolean(0.5) ? negated(a) : a,
        random.nextBoolean(0.5) ? negated(b) : b);
  }

  /// Draws `first + 0.1·n` for n from 0 to 20.
  private static Tensor steps(Random random, Shape shape, double first) {
    double[] data = new double[shape.elements()];
    Arrays.setAll(data, i -> first + 0.1 * random.nextInt(21));
    return Tensor.of(data, shape.toArray());
  }

  private static Tensor negated(Tensor t) {
    return Tensor.of(Arrays.stream(t.toDoubles()).map(x -> -x).toArray(), t.shape().toArray());
  }
}
