package smalti.autograd.op;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Cross-correlates images with filters: inputs x (B, C, H, W), weight (O, C, KH, KW) and, if there
/// is one, bias (O); result (B, O, H′, W′) with `H′ = (H + 2·padding − KH)/stride + 1`.
///
/// @param stride step between windows, in pixels
/// @param padding zeros on each side, in pixels
public record Conv2d(int stride, int padding) implements Op {
  /// Checks the numbers.
  public Conv2d {
    Require.positive("conv2d", "stride", stride);
    Require.notNegative("conv2d", "padding", padding);
  }

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    check(inputs);
    Tensor x = inputs[0].contiguous();
    Tensor weight = inputs[1].contiguous();
    Tensor bias = inputs.length > 2 ? inputs[2].contiguous() : null;
    int height = (x.dim(2) + 2 * padding - weight.dim(2)) / stride + 1;
    int width = (x.dim(3) + 2 * padding - weight.dim(3)) / stride + 1;
    Tensor out =
        Outputs.of(x.shape().with(1, weight.dim(0)).with(2, height).with(3, width), x.dtype());
    Backends.current().conv2d(x, weight, bias, stride, padding, out);
    context.save(x, weight);
    return out; // (B, O, H′, W′)
  }

  private void check(Tensor... inputs) {
    Tensor x = inputs[0];
    Tensor weight = inputs[1];
    Require.floating("conv2d", inputs);
    Require.rank("conv2d", "x", x, 4, "(B, C, H, W)");
    Require.rank("conv2d", "weight", weight, 4, "(O, C, KH, KW)");
    Require.sameSize("conv2d", "channels", "x", x, 1, "weight", weight, 1);
    for (int axis = 2; axis < 4; axis++) {
      if (x.dim(axis) + 2 * padding < weight.dim(axis)) {
        throw ShapeException.of(
            "conv2d: the kernel is larger than the padded image; x %s, weight %s, padding %d"
                + " (%d > %d)",
            x.shape(), weight.shape(), padding, weight.dim(axis), x.dim(axis) + 2 * padding);
      }
    }
    if (inputs.length > 2) {
      Require.rank("conv2d", "bias", inputs[2], 1, "(O)");
      Require.sameSize("conv2d", "output channels", "weight", weight, 0, "bias", inputs[2], 0);
    }
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor x = context.saved(0);
    Tensor weight = context.saved(1);
    Tensor d = dOut.contiguous();
    @Nullable Tensor[] gradients = new Tensor[context.inputs()];
    if (context.needs(0)) {
      Tensor dx = Outputs.like(x);
      Backends.current().conv2dGradInput(d, weight, stride, padding, dx);
      gradients[0] = dx;
    }
    if (context.needs(1)) {
      Tensor dWeight = Outputs.like(weight);
      Backends.current().conv2dGradWeight(x, d, stride, padding, dWeight);
      gradients[1] = dWeight;
    }
    if (gradients.length > 2 && context.needs(2)) {
      gradients[2] = d.sum(0, 2, 3);
    }
    return gradients;
  }

  /// Draws strides 1 to 3, paddings 0 to 2, kernels of unequal sides, with and without bias.
  public static List<Sample> samples(Random random) {
    List<Sample> samples = new ArrayList<>();
    for (int n = 0; n < 3; n++) {
      int channels = Draw.between(random, 1, 3);
      int outputs = Draw.between(random, 1, 3);
      int kh = Draw.between(random, 1, 3);
      int kw = Draw.between(random, 1, 4);
      int h = kh + random.nextInt(4);
      int w = kw + random.nextInt(4);
      Conv2d op = new Conv2d(Draw.between(random, 1, 3), random.nextInt(3));
      Tensor x = Draw.normal(random, Draw.between(random, 1, 2), channels, h, w);
      Tensor weight = Draw.normal(random, outputs, channels, kh, kw);
      samples.add(
          n == 0
              ? Sample.of(op, x, weight)
              : Sample.of(op, x, weight, Draw.normal(random, outputs)));
    }
    return samples;
  }
}
