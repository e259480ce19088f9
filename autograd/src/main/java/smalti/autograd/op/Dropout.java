package smalti.autograd.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Sets elements to 0 with probability `p` and divides the others by `1 − p` (Srivastava et al.
/// 2014). The mask is not kept: it follows from the key.
///
/// @param p the probability, from 0 (inclusive) to 1 (exclusive)
/// @param key the key of the random numbers
public record Dropout(double p, long key) implements Op {
  /// Checks the probability.
  public Dropout {
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException("dropout: p must be in [0, 1); got " + p);
    }
  }

  @Override
  public Tensor forward(Context context, Tensor... inputs) {
    Require.floating("dropout", inputs);
    return masked(inputs[0]);
  }

  @Override
  public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
    return new Tensor[] {masked(dOut)};
  }

  private Tensor masked(Tensor x) {
    Tensor out = x.zerosLike();
    Backends.current().dropout(x.contiguous(), key, p, out);
    return out;
  }

  /// Draws several probabilities.
  public static List<Sample> samples(Random random) {
    Tensor x = Draw.normal(random, Draw.shape(random, 0, 4));
    return List.of(
        Sample.of(new Dropout(0.9 * random.nextDouble(), random.drawKey()), x),
        Sample.of(new Dropout(0, random.drawKey()), x));
  }
}
