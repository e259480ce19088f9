package smalti.nn.layer;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Variable;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.init.Init;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.backend.UnaryOp;

/// Computes `y = x·weightᵀ + bias` over the last axis: (…, in) to (…, out).
///
/// Parameters: `weight` (out, in), `bias` (out).
public final class Linear extends Layer {
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /// Makes a layer with PyTorch's default initialisation.
  public Linear(int in, int out, boolean bias, Random random) {
    this(in, out, Init.kaimingUniform(), bias ? Init.uniform(1 / Math.sqrt(in)) : null, random);
  }

  /// Makes a layer.
  ///
  /// @param biasInit null for no bias
  public Linear(int in, int out, Init weightInit, @Nullable Init biasInit, Random random) {
    weight = param("weight", weightInit.draw(Shape.of(out, in), random.split("weight")));
    bias =
        biasInit == null ? null : param("bias", biasInit.draw(Shape.of(out), random.split("bias")));
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    return x.linear(weight, bias); // (…, out)
  }

  /// Computes the layer and a function of each number of it, in one pass.
  public Variable forward(Variable x, UnaryOp activation) {
    return x.linear(weight, bias, activation); // (…, out)
  }

  /// Computes the layer in other numbers.
  ///
  /// @param numbers is given the weight and the result, to round them, say
  public Variable forward(Variable x, UnaryOperator<Variable> numbers) {
    return numbers.apply(x.linear(numbers.apply(weight), bias)); // (…, out)
  }
}
