package smalti.nn.layer;

import smalti.autograd.Variable;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.tensor.Tensor;

/// Normalises the last axis to mean 0 and variance 1, then scales and shifts it (Ba et al. 2016).
///
/// Parameters: `weight` (C), `bias` (C).
public final class LayerNorm extends Layer {
  private final Parameter weight;
  private final Parameter bias;
  private final double eps;

  /// Makes a layer with `eps = 1e-5`.
  public LayerNorm(int width) {
    this(width, 1e-5);
  }

  /// Makes a layer.
  ///
  /// @param eps is added to the variance
  public LayerNorm(int width, double eps) {
    this.weight = param("weight", Tensor.ones(width));
    this.bias = param("bias", Tensor.zeros(width));
    this.eps = eps;
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    return x.layerNorm(weight, bias, eps);
  }
}
