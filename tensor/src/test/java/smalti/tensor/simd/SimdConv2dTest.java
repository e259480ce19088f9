package smalti.tensor.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.reference.ReferenceBackend;

/// Compares [SimdConv2d] with the plain loops of the reference.
class SimdConv2dTest {
  private final ReferenceBackend reference = new ReferenceBackend();
  private final SplittableRandom random = new SplittableRandom(11);
  private final int threads = Parallel.threads();

  @AfterEach
  void restoreThreads() {
    Parallel.threads(threads);
  }

  /// The sizes of a convolution; the kernel is `kernel × (kernel + wider)`.
  record Sizes(
      int images,
      int channels,
      int height,
      int width,
      int filters,
      int kernel,
      int wider,
      int stride,
      int padding) {
    int outHeight() {
      return (height + 2 * padding - kernel) / stride + 1;
    }

    int outWidth() {
      return (width + 2 * padding - kernel - wider) / stride + 1;
    }
  }

  static Stream<Sizes> sizes() {
    return Stream.of(
        new Sizes(1, 1, 1, 1, 1, 1, 0, 1, 0),
        new Sizes(2, 3, 5, 7, 4, 3, 0, 1, 1),
        new Sizes(2, 3, 32, 32, 5, 7, 0, 1, 3),
        new Sizes(3, 9, 8, 8, 17, 3, 0, 1, 1),
        new Sizes(2, 32, 32, 32, 8, 3, 0, 1, 1),
        new Sizes(3, 20, 16, 16, 12, 3, 0, 1, 1),
        new Sizes(3, 8, 16, 16, 32, 1, 0, 1, 0),
        new Sizes(5, 20, 4, 4, 33, 3, 0, 1, 1),
        new Sizes(17, 6, 2, 3, 9, 3, 0, 1, 1),
        new Sizes(9, 5, 1, 1, 6, 3, 0, 1, 1),
        new Sizes(2, 40, 16, 16, 36, 3, 0, 1, 1),
        new Sizes(1, 8, 32, 32, 130, 3, 0, 1, 1),
        new Sizes(3, 3, 19, 17, 32, 7, 0, 1, 3),
        new Sizes(7, 2, 9, 5, 35, 3, 0, 1, 1),
        new Sizes(25, 2, 32, 32, 40, 2, 1, 1, 1),
        new Sizes(3, 300, 8, 8, 70, 1, 0, 1, 0),
        new Sizes(3, 10, 6, 5, 300, 1, 0, 1, 0),
        new Sizes(1, 33, 33, 31, 8, 1, 0, 1, 0),
        new Sizes(2, 4, 17, 19, 6, 3, 0, 1, 0),
        new Sizes(2, 4, 9, 9, 6, 3, 0, 2, 1),
        new Sizes(3, 5, 16, 16, 7, 4, 0, 2, 1),
        new Sizes(2, 5, 12, 11, 7, 2, 0, 2, 0),
        new Sizes(2, 3, 10, 13, 5, 3, 0, 3, 2),
        new Sizes(2, 7, 9, 10, 5, 1, 0, 2, 0),
        new Sizes(2, 3, 6, 9, 5, 2, 3, 1, 1),
        new Sizes(2, 3, 4, 4, 5, 1, 0, 1, 2),
        new Sizes(2, 3, 3, 3, 4, 2, 1, 1, 4),
        new Sizes(2, 3, 8, 300, 4, 3, 0, 1, 1),
        new Sizes(2, 8, 32, 32, 30, 1, 0, 1, 0),
        new Sizes(1, 33, 33, 33, 8, 1, 0, 1, 0), // several panels at a time, the last not whole
        new Sizes(2, 300, 32, 34, 7, 1, 0, 1, 0), // and more channels than a block
        new Sizes(3, 20, 37, 41, 270, 1, 0, 1, 0),
        new Sizes(3, 40, 35, 37, 33, 1, 0, 1, 0),
        new Sizes(1, 5, 40, 24, 9, 5, -2, 1, 2),
        new Sizes(3, 4, 45, 37, 6, 3, 0, 2, 1),
        new Sizes(2, 5, 64, 64, 8, 3, 0, 1, 1), // several stretches of an image
        new Sizes(2, 3, 40, 64, 7, 5, 0, 1, 2),
        new Sizes(14, 5, 8, 8, 8, 3, 0, 1, 1), // several images of a stretch
        new Sizes(40, 3, 7, 6, 9, 1, 0, 1, 0),
        new Sizes(2, 3, 8, 1100, 5, 3, 0, 1, 1), // rows longer than a stretch
        new Sizes(2, 2, 6, 300, 33, 3, 0, 1, 1),
        new Sizes(17, 32, 8, 8, 33, 3, 0, 1, 1), // by Winograd's transform: images together
        new Sizes(2, 40, 2, 6, 32, 3, 0, 1, 1), // rows of three tiles
        new Sizes(3, 16, 12, 22, 65, 3, 0, 1, 1),
        new Sizes(1, 300, 4, 4, 20, 3, 0, 1, 1), // more channels than a block
        new Sizes(2, 32, 6, 150, 32, 3, 0, 1, 1), // a row of more tiles than a task
        new Sizes(2, 32, 20, 18, 32, 3, 0, 1, 0),
        new Sizes(2, 32, 5, 7, 32, 3, 0, 1, 2),
        new Sizes(13, 49, 24, 22, 51, 3, 0, 1, 1), // weights' gradients by the transform too
        new Sizes(26, 64, 16, 12, 65, 3, 0, 1, 2),
        new Sizes(65, 64, 8, 8, 65, 3, 0, 1, 1),
        new Sizes(2, 32, 9, 8, 32, 3, 0, 1, 1), // an odd number of rows
        new Sizes(0, 3, 8, 8, 4, 3, 0, 1, 1));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void forwardEqualsTheReference(Sizes s) {
    Tensor x = input(s);
    Tensor weight = weight(s);
    Tensor bias = floats(s.filters);
    for (Tensor b : new Tensor[] {null, bias}) {
      Tensor expected = output(s);
      Tensor actual = floats(expected.shape().toArray());
      reference.conv2d(x, weight, b, s.stride, s.padding, expected);
      SimdConv2d.forward(x, weight, b, s.stride, s.padding, ConvResult.of(actual));
      Close.check(expected.toFloats(), actual.toFloats(), 1e-4);
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void gradInputEqualsTheReference(Sizes s) {
    Tensor weight = weight(s);
    Tensor dOut = floats(output(s).shape().toArray());
    Tensor expected = input(s);
    Tensor actual = input(s);
    reference.conv2dGradInput(dOut, weight, s.stride, s.padding, expected);
    SimdConv2d.gradInput(dOut, weight, s.stride, s.padding, ConvResult.of(actual));
    Close.check(expected.toFloats(), actual.toFloats(), 1e-4);
  }

  /// What is done with results on the way must be what is done with them afterwards, to the bit.
  @ParameterizedTest
  @MethodSource("sizes")
  void finishesEachResultOnce(Sizes s) {
    Tensor x = input(s);
    Tensor weight = weight(s);
    Tensor plain = output(s);
    Tensor out = floats(plain.shape().toArray());
    SimdConv2d.forward(x, weight, null, s.stride, s.padding, ConvResult.of(plain));
    SimdConv2d.forward(x, weight, null, s.stride, s.padding, ConvResult.relu(out));
    assertThat(out.toFloats()).isEqualTo(plain.unary(UnaryOp.RELU).toFloats());
    Tensor addend = floats(plain.shape().toArray());
    SimdConv2d.forward(x, weight, null, s.stride, s.padding, ConvResult.plus(addend, out));
    assertThat(out.toFloats()).isEqualTo(plain.add(addend).toFloats());
    Tensor dx = input(s);
    SimdConv2d.gradInput(addend, weight, s.stride, s.padding, ConvResult.of(dx));
    Tensor masked = input(s);
    new SimdBackend().unaryGrad(UnaryOp.RELU, x, x, dx, masked);
    Tensor finished = input(s);
    SimdConv2d.gradInput(
        addend, weight, s.stride, s.padding, ConvResult.reluGrad(x, null, finished));
    assertThat(finished.toFloats()).isEqualTo(masked.toFloats());
    SimdConv2d.gradInput(addend, weight, s.stride, s.padding, ConvResult.reluGrad(x, x, finished));
    assertThat(finished.toFloats()).isEqualTo(masked.add(x).toFloats());
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void gradWeightEqualsTheReference(Sizes s) {
    Tensor x = input(s);
    Tensor dOut = floats(output(s).shape().toArray());
    Tensor expected = weight(s);
    Tensor actual = weight(s);
    reference.conv2dGradWeight(x, dOut, s.stride, s.padding, expected);
    SimdConv2d.gradWeight(x, dOut, s.stride, s.padding, actual);
    Close.check(expected.toFloats(), actual.toFloats(), 1e-4);
  }

  @Test
  void takesInputsInsideTheirStorage() {
    Sizes s = new Sizes(2, 4, 8, 8, 5, 1, 0, 1, 0);
    Tensor x = floats(4, 4, 8, 8).slice(0, 1, 3);
    Tensor weight = floats(7, 4, 1, 1).slice(0, 2, 7);
    Tensor expected = output(s);
    Tensor actual = floats(4, 5, 8, 8).slice(0, 2, 4);
    reference.conv2d(x, weight, null, 1, 0, expected);
    SimdConv2d.forward(x, weight, null, 1, 0, ConvResult.of(actual));
    Close.check(expected.toFloats(), actual.toFloats(), 1e-5);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 64}) // the second by Winograd's transform
  void carriesInfinityFromOnePixelToItsNeighboursOnly(int channels) {
    Sizes s = new Sizes(1, channels, 10, 10, channels, 3, 0, 1, 1);
    Tensor x = input(s).zerosLike();
    x.storage().set(4 * 10 + 4, Double.POSITIVE_INFINITY);
    Tensor out = output(s);
    SimdConv2d.forward(x, weight(s).zerosLike(), null, 1, 1, ConvResult.of(out));
    for (int i = 0; i < 10; i++) {
      for (int j = 0; j < 10; j++) {
        boolean near = Math.abs(i - 4) <= 1 && Math.abs(j - 4) <= 1;
        Double expected = near ? Double.NaN : 0.0; // 0·∞ is NaN
        assertThat(out.get(0, 1, i, j)).isEqualTo(expected);
      }
    }
  }

  @Test
  void givesTheSameBitsForAnyNumberOfThreads() {
    for (Sizes s :
        new Sizes[] {
          new Sizes(5, 20, 16, 16, 40, 3, 0, 1, 1),
          new Sizes(20, 64, 16, 16, 64, 3, 0, 1, 1),
          new Sizes(4, 20, 16, 16, 40, 4, 0, 2, 1)
        }) {
      Tensor x = input(s);
      Tensor weight = weight(s);
      Tensor dOut = floats(output(s).shape().toArray());
      Parallel.threads(1);
      float[][] one = all(s, x, weight, dOut);
      for (int n = 2; n <= 3; n++) {
        Parallel.threads(n);
        assertThat(all(s, x, weight, dOut)).isDeepEqualTo(one);
      }
    }
  }

  private float[][] all(Sizes s, Tensor x, Tensor weight, Tensor dOut) {
    Tensor out = output(s);
    Tensor dx = x.zerosLike();
    Tensor dWeight = weight.zerosLike();
    SimdConv2d.forward(x, weight, null, s.stride, s.padding, ConvResult.of(out));
    SimdConv2d.gradInput(dOut, weight, s.stride, s.padding, ConvResult.of(dx));
    SimdConv2d.gradWeight(x, dOut, s.stride, s.padding, dWeight);
    return new float[][] {out.toFloats(), dx.toFloats(), dWeight.toFloats()};
  }

  private Tensor input(Sizes s) {
    return floats(s.images, s.channels, s.height, s.width);
  }

  private Tensor weight(Sizes s) {
    return floats(s.filters, s.channels, s.kernel, s.kernel + s.wider);
  }

  private static Tensor output(Sizes s) {
    return Tensor.zeros(s.images, s.filters, s.outHeight(), s.outWidth());
  }

  private Tensor floats(int... shape) {
    Tensor t = Tensor.zeros(shape);
    for (int i = 0; i < t.elements(); i++) {
      t.storage().set(i, random.nextDouble(-1, 1));
    }
    return t;
  }
}
