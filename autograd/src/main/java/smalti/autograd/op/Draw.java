package smalti.autograd.op;

import java.util.Arrays;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Draws small inputs of awkward shapes, in F64, for the gradient checker. Sizes are often 1 and
/// often odd; numbers keep away from where a function is not smooth.
final class Draw {
  private static final int[] SIZES = {1, 1, 2, 3, 3, 4, 5};
  private static final double MARGIN = 0.01;

  private Draw() {}

  static int size(Random random) {
    return SIZES[random.nextInt(SIZES.length)];
  }

  /// Draws a number from `low` to `high`, both included.
  static int between(Random random, int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  /// Draws a shape of `least` to `most` axes.
  static Shape shape(Random random, int least, int most) {
    int[] sizes = new int[between(random, least, most)];
    Arrays.setAll(sizes, i -> size(random));
    return Shape.of(sizes);
  }

  /// Draws a shape that broadcasts to another: some axes of size 1, some leading axes missing.
  static Shape broadcastTo(Random random, Shape shape) {
    int drop = shape.rank() > 0 && random.nextBoolean(0.3) ? random.nextInt(shape.rank()) : 0;
    int[] sizes = Arrays.copyOfRange(shape.toArray(), drop, shape.rank());
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = random.nextBoolean(0.3) ? 1 : sizes[i];
    }
    return Shape.of(sizes);
  }

  static Tensor normal(Random random, int... sizes) {
    return normal(random, Shape.of(sizes));
  }

  static Tensor normal(Random random, Shape shape) {
    double[] data = new double[shape.elements()];
    Arrays.setAll(data, i -> random.nextGaussian());
    return Tensor.of(data, shape.toArray());
  }

  /// Draws numbers evenly from an interval, at some distance from its kinks.
  static Tensor uniform(Random random, Shape shape, double low, double high, double... kinks) {
    double[] data = new double[shape.elements()];
    for (int i = 0; i < data.length; i++) {
      double x;
      do {
        x = low + (high - low) * random.nextDouble();
      } while (near(x, kinks));
      data[i] = x;
    }
    return Tensor.of(data, shape.toArray());
  }

  private static boolean near(double x, double[] kinks) {
    return Arrays.stream(kinks).anyMatch(k -> Math.abs(x - k) < MARGIN);
  }

  /// Draws numbers that all lie well apart, for maxima.
  static Tensor distinct(Random random, Shape shape) {
    double[] data = Arrays.stream(random.permutation(shape.elements())).asDoubleStream().toArray();
    double middle = data.length / 2.0;
    Arrays.setAll(data, i -> 0.1 * (data[i] - middle + 0.5 * random.nextDouble()));
    return Tensor.of(data, shape.toArray());
  }

  /// Draws I32 numbers of `[0, bound)`.
  static Tensor indices(Random random, int bound, int... sizes) {
    int[] data = new int[Shape.of(sizes).elements()];
    Arrays.setAll(data, i -> random.nextInt(bound));
    return Tensor.of(data, sizes);
  }
}
