package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class TensorTextTest {

  @Test
  void writesScalarsAndVectorsOnOneLine() {
    assertThat(Tensor.scalar(2.5)).hasToString("Tensor[] F32 2.5000");
    assertThat(Tensor.arange(3)).hasToString("Tensor[3] I32 [0, 1, 2]");
    assertThat(Tensor.zeros(0)).hasToString("Tensor[0] F32 []");
  }

  @Test
  void writesMatricesRowByRow() {
    assertThat(Tensor.of(new double[] {1, -2, 0.5, 4}, 2, 2).transpose(0, 1))
        .hasToString(
            """
            Tensor[2, 2] F64
            [[1.0000, 0.5000],
             [-2.0000, 4.0000]]\
            """);
    assertThat(Tensor.arange(8).reshape(2, 2, 2))
        .hasToString(
            """
            Tensor[2, 2, 2] I32
            [[[0, 1],
              [2, 3]],
             [[4, 5],
              [6, 7]]]\
            """);
  }

  @Test
  void shortensLongAxes() {
    assertThat(Tensor.arange(2000)).hasToString("Tensor[2000] I32 [0, 1, 2, …, 1997, 1998, 1999]");
    assertThat(Tensor.arange(1000).toString()).contains("499, 500, 501");
    assertThat(Tensor.arange(2000).reshape(1000, 2))
        .hasToString(
            """
            Tensor[1000, 2] I32
            [[0, 1],
             [2, 3],
             [4, 5],
             …,
             [1994, 1995],
             [1996, 1997],
             [1998, 1999]]\
            """);
  }

  @Test
  void writesExtremeNumbersWithExponents() {
    assertThat(Tensor.of(new double[] {0, 1e-5, -3e7, 1e-4, 999999}, 5))
        .hasToString("Tensor[5] F64 [0.0000, 1.0000e-05, -3.0000e+07, 0.0001, 999999.0000]");
    assertThat(Tensor.of(new float[] {Float.NaN, Float.NEGATIVE_INFINITY}, 2))
        .hasToString("Tensor[2] F32 [NaN, -Infinity]");
  }

  @Test
  void doesNotDependOnTheLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(Tensor.of(new float[] {1.5f, 1e9f}, 2))
          .hasToString("Tensor[2] F32 [1.5000, 1.0000e+09]");
      assertThat(ShapeException.of("size %d", 3)).hasMessage("size 3");
    } finally {
      Locale.setDefault(before);
    }
  }
}
