package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.memory.Outputs;

/// Normalises each row of x (…, C) to mean 0 and variance 1, then scales by weight (C) and adds
/// bias (C) (Ba, Kiros and Hinton 2016).
///
/// @param eps added to the variance
public record LayerNorm(double eps) implements Op {

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Require.floating("layerNorm", inputs);
    Require.rankAtLeast("layerNorm", "x", inputs[0], 1);
    Require.rank("layerNorm", "weight", inputs[1], 1, "(C)");
    Require.rank("layerNorm", "bias", inputs[2], 1, "(C)");
    Require.sameSize("layerNorm", "channels", "x", inputs[0], -1, "weight", inputs[1], 0);
    Require.sameSize("layerNorm", "channels", "x", inputs[0], -1, "bias", inputs[2], 0);
    Tensor x = inputs[0].contiguous();
    Tensor weight = inputs[1].contiguous();
    Tensor out = Outputs.like(x);
    Shape rows = Shape.of(x.shape().without(-1).elements());
    Tensor mean = Outputs.of(rows, x.dtype());
    Tensor rstd = Outputs.of(rows, x.dtype());
    Backends.current().layerNorm(x, weight, inputs[2].contiguous(), eps, out, mean, rstd);
    context.save(x, weight, mean, rstd);
    return out;
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    Tensor x = context.saved(0);
    Tensor weight = context.saved(1);
    Tensor dx = Outputs.like(x);
    Tensor dWeight = Outputs.like(weight);
    Tensor dBias = Outputs.like(weight);
    Backends.current()
        .layerNormGrad(
            x, weight, context.saved(2), context.saved(3), dOut.contiguous(), dx, dWeight, dBias);
    return new Tensor[] {dx, dWeight, dBias};
  }

  /// Draws one row and many; rows of at least two elements, as one element is always at its mean.
  public static List<Sample> samples(Random random) {
    return List.of(
        sample(random, Shape.of(Draw.between(random, 2, 9))),
        sample(random, Draw.shape(random, 1, 3).with(-1, Draw.between(random, 2, 5))));
  }

  private static Sample sample(Random random, Shape shape) {
    int channels = shape.dim(-1);
    return Sample.of(
        new LayerNorm(random.nextBoolean(0.5) ? 1e-5 : 0.1),
        Draw.distinct(random, shape),
        Draw.normal(random, channels),
        Draw.normal(random, channels));
  }
}
