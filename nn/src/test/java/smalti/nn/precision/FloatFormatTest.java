package smalti.nn.precision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

final class FloatFormatTest {
  static FloatFormat[] formats() {
    return new FloatFormat[] {
      FloatFormat.FP16,
      FloatFormat.F1_6_9,
      FloatFormat.F0_6_10,
      FloatFormat.ERROR_BUFFER,
      FloatFormat.F0_6_10.withBias(50),
      new FloatFormat(1, 4, 3, 7),
    };
  }

  private static int magnitudes(FloatFormat f) {
    return 1 << f.exponentBits() + f.mantissaBits();
  }

  @ParameterizedTest
  @MethodSource("formats")
  void everyCodeComesBack(FloatFormat f) {
    int nans = 0;
    for (int code = 0; code < f.codes(); code++) {
      float x = f.decode(code);
      if (Float.isNaN(x)) {
        nans++;
        assertThat(f.decode(f.encode(x))).isNaN();
      } else {
        assertThat(f.encode(x)).as("code %d, number %s", code, x).isEqualTo(code);
        assertThat(f.round(x)).isEqualTo(x);
      }
    }
    assertThat(nans).isEqualTo((1 << f.signBits()) * ((1 << f.mantissaBits()) - 1));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void codesAreInTheOrderOfTheirNumbers(FloatFormat f) {
    float before = f.decode(0);
    assertThat(before).isZero();
    for (int code = 1; !Float.isNaN(f.decode(code)); code++) {
      assertThat(f.decode(code)).as("code %d", code).isGreaterThan(before);
      before = f.decode(code);
      if (f.signBits() == 1) {
        assertThat(f.decode(code + magnitudes(f))).isEqualTo(-before);
      }
    }
    assertThat(before).isEqualTo(Float.POSITIVE_INFINITY);
  }

  /// Between neighbours: below the middle down, above it up, in the middle to the even one.
  @ParameterizedTest
  @MethodSource("formats")
  void roundsToTheNearestAndTiesToEven(FloatFormat f) {
    for (int code = 0; code < magnitudes(f) - (1 << f.mantissaBits()) - 1; code++) {
      float low = f.decode(code);
      float high = f.decode(code + 1);
      float middle = low + (high - low) / 2;
      assertThat(f.encode(middle)).as("%s to %s", low, high).isEqualTo(code + code % 2);
      assertThat(f.encode(Math.nextDown(middle))).isEqualTo(code);
      assertThat(f.encode(Math.nextUp(middle))).isEqualTo(code + 1);
    }
  }

  @Test
  void halvesAreJavasOwn() {
    FloatFormat half = new FloatFormat(1, 5, 10, 15);
    for (int code = 0; code < 65_536; code++) {
      float x = Float.float16ToFloat((short) code);
      assertThat(Float.compare(half.decode(code), x)).as("code %d", code).isZero();
    }
    for (float x : Random.of(1).normal(Shape.of(20_000)).toFloats()) {
      float wide = (float) (x * Math.pow(10, 6 * x));
      assertThat((short) half.encode(wide)).isEqualTo(Float.floatToFloat16(wide));
      assertThat(half.decode(half.encode(wide))).isEqualTo(FloatFormat.FP16.round(wide));
    }
  }

  @Test
  void theEndsOfEachFormat() {
    assertThat(FloatFormat.FP16.largest()).isEqualTo(65_504);
    assertThat(FloatFormat.FP16.smallest()).isEqualTo(0x1p-24f);
    assertThat(FloatFormat.F1_6_9.codes()).isEqualTo(65_536);
    assertThat(FloatFormat.F1_6_9.largest()).isEqualTo((float) (0x1p31 * (2 - 0x1p-9)));
    assertThat(FloatFormat.F1_6_9.smallestNormal()).isEqualTo(0x1p-30f);
    assertThat(FloatFormat.F1_6_9.smallest()).isEqualTo(0x1p-39f);
    assertThat(FloatFormat.F0_6_10.codes()).isEqualTo(65_536);
    assertThat(FloatFormat.F0_6_10.largest()).isEqualTo((float) (0x1p31 * (2 - 0x1p-10)));
    assertThat(FloatFormat.F0_6_10.smallest()).isEqualTo(0x1p-40f);
    assertThat(FloatFormat.ERROR_BUFFER.largest())
        .as("just under 16")
        .isEqualTo((float) (16 - 0x1p-6));
  }

  @Test
  void whatLiesBeyondTheEnds() {
    FloatFormat f = FloatFormat.F1_6_9;
    assertThat(f.round(1e12f)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(f.saturated(1e12f)).isEqualTo(f.largest());
    assertThat(f.saturated(Float.NEGATIVE_INFINITY)).isEqualTo(-f.largest());
    assertThat(f.saturated(Float.NaN)).isNaN();
    assertThat(f.round(0x1p-41f)).isZero();
    assertThat(f.round(-0x1p-39f)).isEqualTo(-0x1p-39f);
    assertThat(FloatFormat.F0_6_10.round(-1f)).as("no sign").isNaN();
    assertThat(FloatFormat.F0_6_10.saturated(-1f)).isZero();
    assertThat(Float.floatToRawIntBits(f.round(-0f))).isEqualTo(Float.floatToRawIntBits(-0f));
  }

  @Test
  void tensorsAreRoundedInPlace() {
    Tensor t = Tensor.of(new float[] {1.0009f, 1e12f, -3}, 3);
    FloatFormat.F1_6_9.round(t, true);
    assertThat(t.toFloats()).containsExactly(1f, FloatFormat.F1_6_9.largest(), -3f);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FloatFormat.FP16.round(Tensor.zeros(Shape.of(2), DType.F64), false))
        .withMessageContaining("F64");
  }

  @Test
  void impossibleFormatsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new FloatFormat(1, 8, 10, 127));
    assertThatIllegalArgumentException().isThrownBy(() -> FloatFormat.F1_6_9.withBias(200));
    assertThatIllegalArgumentException().isThrownBy(() -> FloatFormat.FP16.decode(65_536));
  }
}
