package smalti.autograd.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Evaluates a function and its derivatives for [GradCheck]. Directions are scaled per element by
/// `max(1, |x|)`, on both sides of the comparison.
final class Probe {
  private final Function<List<Variable>, Variable> function;
  private final Tensor[] inputs;
  private final Shape output;

  Probe(String name, Function<List<Variable>, Variable> function, Tensor... inputs) {
    this.function = function;
    this.inputs = inputs;
    for (Tensor input : inputs) {
      if (input.dtype() != DType.F64 && input.dtype() != DType.I32) {
        throw new IllegalArgumentException(
            "%s: a check needs F64 inputs (or I32, not differentiated); got %s. Use to(DType.F64)"
                .formatted(name, input.dtype()));
      }
    }
    Tensor first = function.apply(variables(true, List.of(inputs))).value();
    output = first.shape();
    // The same numbers laid out densely: catches random functions and misread strides alike.
    double[] again = evaluate(Arrays.stream(inputs).map(Tensor::copy).toList());
    double[] once = first.toDoubles();
    for (int i = 0; i < once.length; i++) {
      if (!(Math.abs(once[i] - again[i]) <= 1e-9 * Math.max(1, Math.abs(once[i])))) {
        throw new IllegalStateException(
            ("%s: two calls with the same numbers gave %s and %s at result element %s; is the"
                    + " function random, or are strides misread?")
                .formatted(name, once[i], again[i], outputIndex(i)));
      }
    }
  }

  int inputs() {
    return inputs.length;
  }

  boolean isDifferentiated(int input) {
    return inputs[input].dtype() == DType.F64;
  }

  int elements(int input) {
    return inputs[input].elements();
  }

  int outputs() {
    return output.elements();
  }

  List<Shape> shapes() {
    return Arrays.stream(inputs).map(Tensor::shape).toList();
  }

  String index(int input, int element) {
    return index(inputs[input].shape(), element);
  }

  String outputIndex(int element) {
    return index(output, element);
  }

  private static String index(Shape shape, int element) {
    int[] index = new int[shape.rank()];
    for (int axis = shape.rank() - 1, rest = element; axis >= 0; axis--) {
      index[axis] = rest % shape.dim(axis);
      rest /= shape.dim(axis);
    }
    return Arrays.toString(index);
  }

  double[] normal(Random random, int n) {
    double[] out = new double[n];
    Arrays.setAll(out, i -> random.nextGaussian());
    return out;
  }

  /// Returns `uᵀ·J` for each input, scaled; zeros where there is no gradient.
  double[][] vjp(double[] u) {
    List<Variable> variables = variables(true, List.of(inputs));
    Variable out = function.apply(variables);
    Gradients gradients = Autograd.backward(out, strided(u));
    double[][] products = new double[inputs.length][];
    for (int i = 0; i < inputs.length; i++) {
      Tensor dx = gradients.get(variables.get(i));
      double[] product = dx == null ? new double[elements(i)] : dx.toDoubles();
      double[] x = inputs[i].toDoubles();
      Arrays.setAll(product, j -> product[j] * scale(x[j]));
      products[i] = product;
    }
    return products;
  }

  /// Returns the output gradient as every second number of an array, as ops must take any strides.
  private Tensor strided(double[] u) {
    double[] spread = new double[2 * u.length];
    for (int i = 0; i < u.length; i++) {
      spread[2 * i] = Double.NaN;
      spread[2 * i + 1] = u[i];
    }
    int[] sizes = Arrays.copyOf(output.toArray(), output.rank() + 1);
    sizes[output.rank()] = 2;
    return Tensor.of(spread, sizes).select(-1, 1);
  }

  /// Returns `J·v` by central differences, where only one input moves.
  double[] difference(int input, double[] v) {
    double[] above = evaluate(moved(input, v, GradCheck.EPSILON));
    double[] below = evaluate(moved(input, v, -GradCheck.EPSILON));
    Arrays.setAll(above, i -> (above[i] - below[i]) / (2 * GradCheck.EPSILON));
    return above;
  }

  private List<Tensor> moved(int input, double[] v, double step) {
    double[] x = inputs[input].toDoubles();
    Arrays.setAll(x, j -> x[j] + step * v[j] * scale(x[j]));
    List<Tensor> moved = new ArrayList<>(List.of(inputs));
    moved.set(input, Tensor.of(x, inputs[input].shape().toArray()));
    return moved;
  }

  private static double scale(double x) {
    return Math.max(1, Math.abs(x));
  }

  private double[] evaluate(List<Tensor> at) {
    return Autograd.noGrad(() -> function.apply(variables(false, at))).value().toDoubles();
  }

  private static List<Variable> variables(boolean leaves, List<Tensor> values) {
    return values.stream()
        .map(v -> leaves && v.dtype() == DType.F64 ? Variable.leaf(v) : Variable.of(v))
        .toList();
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
