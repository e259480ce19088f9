package smalti.autograd.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.memory.Outputs;
import smalti.tensor.memory.Recycler;

/// Passes images through convolutions, each after a relu, as a residual block's branch does (He et
/// al. 2016, "Identity mappings in deep residual networks"): inputs x (B, C, H, W) and for each
/// convolution a weight (O, I, KH, KW) of odd sides and a bias (O). Strides are 1 and sizes are
/// kept: the result is (B, O, H, W), of the last convolution's O.
///
/// It is what [Unary], [Conv2d] and [Binary] compute one after the other, to the bit. But all relus
/// but the first, their slopes and the addition of x are done while a convolution's results are in
/// the cache: in passes of their own they would fetch them from memory again.
///
/// @param residual whether x is added to the result; then it must be of its shape
public record ReluConv2dChain(boolean residual) implements Op {
  private static final String NAME = "reluConv2dChain";

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    int n = (inputs.length - 1) / 2;
    check(n, inputs);
    Tensor x = inputs[0].contiguous();
    Tensor y = x.unary(UnaryOp.RELU); // what the next convolution reads
    List<Tensor> saved = new ArrayList<>();
    Tensor out = y;
    for (int i = 0; i < n; i++) {
      Tensor weight = inputs[1 + 2 * i].contiguous();
      Tensor bias = inputs[2 + 2 * i].contiguous();
      int padding = padding(weight);
      out = Outputs.of(y.shape().with(1, weight.dim(0)), x.dtype()); // (B, O, H, W)
      if (i < n - 1) {
        Backends.current().conv2dRelu(y, weight, bias, 1, padding, out);
      } else if (residual) {
        Backends.current().conv2dAdd(y, weight, bias, 1, padding, x, out);
      } else {
        Backends.current().conv2d(y, weight, bias, 1, padding, out);
      }
      saved.add(y);
      saved.add(weight);
      if (!context.needsAny()) {
        Recycler.release(y);
      }
      y = out;
    }
    context.save(saved.toArray(Tensor[]::new));
    return out;
  }

  private static int padding(Tensor weight) {
    return weight.dim(2) / 2;
  }

  private void check(int n, Tensor... inputs) {
    if (n < 1 || inputs.length != 1 + 2 * n) {
      throw new IllegalArgumentException(
          NAME
              + ": needs x and a weight and a bias for each convolution; got "
              + inputs.length
              + " inputs");
    }
    Tensor x = inputs[0];
    Require.floating(NAME, inputs);
    Require.rank(NAME, "x", x, 4, "(B, C, H, W)");
    String of = "x";
    Tensor from = x;
    int axis = 1; // of its channels
    for (int i = 0; i < n; i++) {
      Tensor weight = inputs[1 + 2 * i];
      String name = "weight " + (i + 1);
      Require.rank(NAME, name, weight, 4, "(O, I, KH, KW)");
      Require.sameSize(NAME, "channels", of, from, axis, name, weight, 1);
      if (weight.dim(2) % 2 == 0 || weight.dim(3) != weight.dim(2)) {
        throw ShapeException.of(
            "%s: kernels must be squares of odd sides; %s %s", NAME, name, weight.shape());
      }
      String biasName = "bias " + (i + 1);
      Tensor bias = inputs[2 + 2 * i];
      Require.rank(NAME, biasName, bias, 1, "(O)");
      Require.sameSize(NAME, "output channels", name, weight, 0, biasName, bias, 0);
      of = name;
      from = weight;
      axis = 0;
    }
    if (residual) {
      Require.sameSize(NAME, "channels, for x to be added,", "x", x, 1, of, from, 0);
    }
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    int n = (context.inputs() - 1) / 2;
    @Nullable Tensor[] gradients = new Tensor[context.inputs()];
    Tensor last = dOut.contiguous();
    Tensor d = last;
    for (int i = n - 1; i >= 0; i--) {
      Tensor y = context.saved(2 * i);
      Tensor weight = context.saved(2 * i + 1);
      int padding = padding(weight);
      if (context.needs(1 + 2 * i)) {
        Tensor dWeight = Outputs.like(weight);
        Backends.current().conv2dGradWeight(y, d, 1, padding, dWeight);
        gradients[1 + 2 * i] = dWeight;
      }
      if (context.needs(2 + 2 * i)) {
        gradients[2 + 2 * i] = d.sum(0, 2, 3);
      }
      if (!needsBefore(context, i)) {
        break;
      }
      Tensor dBefore = Outputs.like(y);
      Tensor addend = i == 0 && residual ? last : null;
      Backends.current().conv2dReluGradInput(d, weight, 1, padding, y, addend, dBefore);
      if (i < n - 1) {
        Recycler.release(d);
      }
      d = dBefore;
      if (i == 0) {
        gradients[0] = d;
      }
    }
    return gradients;
  }

  /// Returns whether anything before a convolution needs a gradient.
  private static boolean needsBefore(Context context, int conv) {
    for (int input = 0; input <= 2 * conv; input++) {
      if (context.needs(input)) {
        return true;
      }
    }
    return false;
  }

  /// Draws one convolution and three, with and without the addition. No number that a relu meets is
  /// near its kink: biases outweigh what the small weights add up to.
  public static List<Sample> samples(Random random) {
    int channels = Draw.between(random, 1, 3);
    int inner = Draw.between(random, 2, 3);
    int out = Draw.between(random, 1, 3);
    Shape shape = Shape.of(Draw.between(random, 1, 2), channels, Draw.size(random), 4);
    return List.of(
        Sample.of(
            new ReluConv2dChain(false),
            x(random, shape),
            weight(random, out, channels, 3),
            bias(random, out)),
        chain(random, false, x(random, shape), channels, inner, out),
        chain(random, true, x(random, shape), channels, inner, channels));
  }

  private static Sample chain(
      Random random, boolean residual, Tensor x, int channels, int inner, int out) {
    return Sample.of(
        new ReluConv2dChain(residual),
        x,
        weight(random, inner, channels, 3),
        bias(random, inner),
        weight(random, inner, inner, 1),
        bias(random, inner),
        weight(random, out, inner, 3),
        bias(random, out));
  }

  private static Tensor x(Random random, Shape shape) {
    return Draw.uniform(random, shape, -3, 3, 0);
  }

  private static Tensor weight(Random random, int out, int in, int kernel) {
    return Draw.uniform(random, Shape.of(out, in, kernel, kernel), -0.02, 0.02);
  }

  private static Tensor bias(Random random, int n) {
    double[] data = new double[n];
    Arrays.setAll(data, i -> (i % 2 == 0 ? 1 : -1) * (2 + random.nextDouble()));
    return Tensor.of(data, n);
  }
}
