package smalti.tensor.reference;

import smalti.tensor.Tensor;

/// Defines the step of the optimiser.
final class ReferenceOptimiser {
  private ReferenceOptimiser() {}

  /// Follows algorithm 1 of Kingma and Ba 2015, with the decay of algorithm 2 of Loshchilov and
  /// Hutter 2019.
  static void adamStep(
      Tensor param,
      Tensor grad,
      double lr,
      double beta1,
      double beta2,
      double eps,
      double decay,
      long step,
      Tensor m,
      Tensor v) {
    Elements params = Elements.of(param);
    Elements grads = Elements.of(grad);
    Elements ms = Elements.of(m);
    Elements vs = Elements.of(v);
    double correction1 = 1 - Math.pow(beta1, (double) step);
    double correction2 = 1 - Math.pow(beta2, (double) step);
    for (int i = 0; i < param.elements(); i++) {
      double g = grads.get(i);
      double newM = beta1 * ms.get(i) + (1 - beta1) * g;
      double newV = beta2 * vs.get(i) + (1 - beta2) * g * g;
      double update = newM / correction1 / (Math.sqrt(newV / correction2) + eps);
      double value = params.get(i);
      params.set(i, value - lr * decay * value - lr * update);
      ms.set(i, newM);
      vs.set(i, newV);
    }
  }
}
