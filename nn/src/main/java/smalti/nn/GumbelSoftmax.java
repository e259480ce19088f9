package smalti.nn;

import java.util.Arrays;
import smalti.autograd.Variable;
import smalti.tensor.DType;
import smalti.tensor.Layout;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Draws relaxed one-hot samples of categorical variables: `softmax((logits + g)/τ)` with Gumbel
/// noise `g` (Jang et al. 2017; Maddison et al. 2017).
public final class GumbelSoftmax {
  private GumbelSoftmax() {}

  /// Returns soft samples along the last axis.
  ///
  /// @param logits (…, K)
  /// @param tau temperature; towards 0 samples become one-hot
  /// @throws IllegalArgumentException if `tau` is not positive
  public static Variable soft(Variable logits, double tau, Random random) {
    if (!(tau > 0)) {
      throw new IllegalArgumentException("GumbelSoftmax: tau must be positive; got " + tau);
    }
    Variable noise = Variable.of(noise(logits.value(), random));
    return logits.add(noise).mul(1 / tau).softmax(-1); // (…, K)
  }

  /// Returns one-hot samples whose gradient is that of the soft ones (straight-through).
  ///
  /// @param logits (…, K)
  public static Variable straightThrough(Variable logits, double tau, Random random) {
    Variable soft = soft(logits, tau, random);
    Tensor hard = oneHot(soft.value().argmax(), soft.dim(-1), soft.value().dtype());
    return soft.add(Variable.of(hard.sub(soft.value())));
  }

  /// Returns Gumbel noise `−ln(−ln u)` in the shape of a tensor.
  static Tensor noise(Tensor like, Random random) {
    Tensor u = random.uniform(like.shape(), like.dtype());
    return Variable.of(u).log().neg().log().neg().value();
  }

  /// Returns one-hot rows.
  ///
  /// @param ids I32 (…)
  /// @return (…, classes)
  /// @throws IllegalArgumentException if an id is not in `[0, classes)`
  public static Tensor oneHot(Tensor ids, int classes, DType dtype) {
    Storage eye = Storage.allocate(dtype, ids.elements() * classes);
    int[] flat = ids.toInts();
    for (int i = 0; i < flat.length; i++) {
      if (flat[i] < 0 || flat[i] >= classes) {
        throw new IllegalArgumentException(
            "oneHot: %d is not a class of [0, %d)".formatted(flat[i], classes));
      }
      eye.set(i * classes + flat[i], 1);
    }
    int[] shape = Arrays.copyOf(ids.shape().toArray(), ids.rank() + 1);
    shape[ids.rank()] = classes;
    return new Tensor(eye, Layout.contiguous(Shape.of(shape)));
  }
}
