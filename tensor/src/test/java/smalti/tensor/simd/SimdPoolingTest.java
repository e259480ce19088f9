package smalti.tensor.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smalti.tensor.DType;
import smalti.tensor.Tensor;
import smalti.tensor.reference.ReferenceBackend;

/// Compares [SimdPooling] with the plain loops of the reference.
class SimdPoolingTest {
  private final ReferenceBackend reference = new ReferenceBackend();
  private final SplittableRandom random = new SplittableRandom(3);

  @ParameterizedTest
  @CsvSource({"1,1,2,2,2", "2,3,9,7,2", "3,40,32,32,2", "2,2,12,13,4", "1,2,5,5,1", "0,3,4,4,2"})
  void equalsTheReference(int images, int channels, int height, int width, int size) {
    Tensor fine = floats(images, channels, height, width);
    Tensor coarse = floats(images, channels, height / size, width / size);
    Tensor up = floats(images, channels, height / size * size, width / size * size);

    compare(
        coarse,
        out -> reference.maxPool2d(fine, size, out),
        out -> SimdPooling.maxPool2d(fine, size, out));
    compare(
        fine,
        out -> reference.maxPool2dGrad(fine, coarse, size, out),
        out -> SimdPooling.maxPool2dGrad(fine, coarse, size, out));
    compare(
        coarse,
        out -> reference.avgPool2d(fine, size, out),
        out -> SimdPooling.avgPool2d(fine, size, out));
    compare(
        fine,
        out -> reference.avgPool2dGrad(coarse, size, out),
        out -> SimdPooling.avgPool2dGrad(coarse, size, out));
    compare(
        up,
        out -> reference.upsampleNearest2d(coarse, size, out),
        out -> SimdPooling.upsampleNearest2d(coarse, size, out));
    compare(
        coarse,
        out -> reference.upsampleNearest2dGrad(up, size, out),
        out -> SimdPooling.upsampleNearest2dGrad(up, size, out));
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "2", "3"})
  void letsNaNWinAndTiesGoToTheFirst(int place) {
    Tensor x = Tensor.of(new float[] {1, 3, 3, 2}, 1, 1, 2, 2);
    Tensor dOut = Tensor.full(x.shape().with(2, 1).with(3, 1), 5, DType.F32);
    Tensor dx = Tensor.ones(1, 1, 2, 2);
    SimdPooling.maxPool2dGrad(x, dOut, 2, dx);
    assertThat(dx.toFloats()).containsExactly(0, 5, 0, 0);

    x.storage().set(place, Double.NaN);
    x.storage().set(3, Double.NaN);
    Tensor out = Tensor.zeros(1, 1, 1, 1);
    SimdPooling.maxPool2d(x, 2, out);
    assertThat(out.item()).isNaN();
    SimdPooling.maxPool2dGrad(x, dOut, 2, dx);
    for (int i = 0; i < 4; i++) {
      assertThat(dx.toFloats()[i]).isEqualTo(i == place ? 5 : 0);
    }
  }

  @FunctionalInterface
  private interface Kernel {
    void into(Tensor out);
  }

  private void compare(Tensor like, Kernel expected, Kernel actual) {
    Tensor a = floats(like.shape().toArray());
    Tensor b = floats(like.shape().toArray());
    expected.into(a);
    actual.into(b);
    Close.check(a.toFloats(), b.toFloats(), 1e-6);
  }

  private Tensor floats(int... shape) {
    Tensor t = Tensor.zeros(shape);
    for (int i = 0; i < t.elements(); i++) {
      t.storage().set(i, random.nextInt(-8, 8)); // many ties
    }
    return t;
  }
}
