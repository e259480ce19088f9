package smalti.nn.init;

import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Draws the first numbers of a parameter.
@FunctionalInterface
public interface Init {

  /// Returns an F32 tensor of the shape.
  Tensor draw(Shape shape, Random random);

  /// Returns zeros.
  static Init zeros() {
    return constant(0);
  }

  /// Returns ones.
  static Init ones() {
    return constant(1);
  }

  /// Returns the same number everywhere.
  static Init constant(double value) {
    return (shape, random) -> Tensor.full(shape, value, DType.F32);
  }

  /// Draws from the normal distribution of mean 0.
  ///
  /// @param std standard deviation
  static Init normal(double std) {
    return (shape, random) -> random.normal(shape).mul(std);
  }

  /// Draws evenly from `(−bound, bound)`.
  static Init uniform(double bound) {
    return (shape, random) -> random.uniform(shape).mul(2 * bound).sub(bound);
  }

  /// Draws evenly from `±1/√fanIn`, PyTorch's default for linear and convolutional weights (He et
  /// al. 2015 with `a = √5`).
  static Init kaimingUniform() {
    return (shape, random) -> uniform(1 / Math.sqrt(fanIn(shape))).draw(shape, random);
  }

  /// Draws evenly from `±√(6/(fanIn + fanOut))` (Glorot and Bengio 2010).
  static Init xavierUniform() {
    return (shape, random) ->
        uniform(Math.sqrt(6.0 / (fanIn(shape) + fanOut(shape)))).draw(shape, random);
  }

  /// Returns the number of inputs that feed one output of a weight (out, in, …).
  static int fanIn(Shape shape) {
    return Math.max(1, shape.elements() / Math.max(1, shape.dim(0)));
  }

  /// Returns the number of outputs that one input of a weight (out, in, …) feeds.
  static int fanOut(Shape shape) {
    return shape.rank() < 2 ? shape.elements() : shape.elements() / Math.max(1, shape.dim(1));
  }
}
