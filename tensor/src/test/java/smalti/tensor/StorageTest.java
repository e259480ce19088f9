package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StorageTest {

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void everyCodeSurvivesARoundTrip(DType dtype) {
    Storage s = half(dtype, new short[1]);
    for (int code = 0; code < 1 << 16; code++) {
      Storage one = half(dtype, new short[] {(short) code});
      double value = one.get(0);
      s.set(0, value);
      if (Double.isNaN(value)) {
        assertThat(s.get(0)).isNaN();
      } else {
        assertThat(code(s)).as("code %x", code).isEqualTo(code);
      }
      assertThat(Tensor.of(new float[] {(float) value}, 1).to(dtype).get(0))
          .isEqualTo((Double) value);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void codesMeanWhatTheFormatSays(DType dtype) {
    int fractionBits = dtype == DType.F16 ? 10 : 7;
    int exponentBits = 15 - fractionBits;
    int bias = (1 << exponentBits - 1) - 1;
    for (int code = 0; code < 1 << 16; code++) {
      int exponent = code >> fractionBits & (1 << exponentBits) - 1;
      int fraction = code & (1 << fractionBits) - 1;
      double sign = code >> 15 == 0 ? 1 : -1;
      double expected =
          exponent == (1 << exponentBits) - 1
              ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
              : exponent == 0
                  ? Math.scalb((double) fraction, 1 - bias - fractionBits)
                  : Math.scalb(1 + Math.scalb((double) fraction, -fractionBits), exponent - bias);
      assertThat(half(dtype, new short[] {(short) code}).get(0))
          .isEqualTo((Double) (sign * expected));
    }
  }

  /// Draws doubles near the numbers and midpoints of both half formats, and others of all sizes.
  @Provide
  Arbitrary<Double> doubles() {
    Arbitrary<Double> near =
        Arbitraries.integers()
            .between(0, (1 << 16) - 1)
            .flatMap(code ->
                Arbitraries.of(0, 1, -1, 1 << 20, -(1 << 20))
                    .flatMap(nudge ->
                        Arbitraries.of(DType.F16, DType.BF16)
                            .map(dtype -> nearMidpoint(dtype, code, nudge))));
    Arbitrary<Double> any =
        Arbitraries.longs().map(Double::longBitsToDouble).filter(Double::isFinite);
    return Arbitraries.oneOf(near, any);
  }

  private static double nearMidpoint(DType dtype, int code, int nudge) {
    double a = half(dtype, new short[] {(short) code}).get(0);
    double b = half(dtype, new short[] {(short) (code + 1)}).get(0);
    double middle = (a + b) / 2;
    return Double.isFinite(middle)
        ? Double.longBitsToDouble(Double.doubleToRawLongBits(middle) + nudge)
        : 0;
  }

  @Property(tries = 2000)
  void roundsToTheNearestTiesToEven(@ForAll("doubles") double value) {
    if (Double.isNaN(value)) {
      return;
    }
    for (DType dtype : new DType[] {DType.F16, DType.BF16}) {
      Storage s = half(dtype, new short[1]);
      s.set(0, value);
      int code = code(s);
      int magnitude = code & 0x7fff;
      assertThat(code >> 15).isEqualTo(Math.copySign(1, value) < 0 ? 1 : 0);
      BigDecimal exact = new BigDecimal(Math.abs(value));
      BigDecimal error = level(dtype, magnitude).subtract(exact).abs();
      for (int other : new int[] {magnitude - 1, magnitude + 1}) {
        int infinity = dtype == DType.F16 ? 0x7c00 : 0x7f80;
        if (other < 0 || other > infinity) {
          continue;
        }
        int order = error.compareTo(level(dtype, other).subtract(exact).abs());
        boolean best = order < 0 || order == 0 && magnitude % 2 == 0;
        // Beyond infinity's stand-in every number rounds to infinity.
        boolean overflow = magnitude == infinity && exact.compareTo(level(dtype, infinity)) > 0;
        assertThat(best || overflow).as("%s to %s", value, s.get(0)).isTrue();
      }
    }
  }

  /// Returns what a code stands for, with infinity as the power of two that would come next.
  private static BigDecimal level(DType dtype, int code) {
    double value = half(dtype, new short[] {(short) code}).get(0);
    return Double.isInfinite(value)
        ? new BigDecimal(Math.scalb(1.0, dtype == DType.F16 ? 16 : 128))
        : new BigDecimal(value);
  }

  private static Storage half(DType dtype, short[] codes) {
    return dtype == DType.F16 ? new Storage.F16(codes) : new Storage.BF16(codes);
  }

  private static int code(Storage storage) {
    return switch (storage) {
      case Storage.F16(short[] a) -> a[0] & 0xffff;
      case Storage.BF16(short[] a) -> a[0] & 0xffff;
      default -> throw new AssertionError(storage);
    };
  }

  @ParameterizedTest
  @EnumSource
  void storagesOfEveryDTypeHoldSmallIntegers(DType dtype) {
    Storage s = Storage.allocate(dtype, 3);
    assertThat(s.dtype()).isEqualTo(dtype);
    assertThat(s.length()).isEqualTo(3);
    s.set(1, -7);
    assertThat(s.get(0)).isZero();
    assertThat(s.get(1)).isEqualTo(-7);
    Tensor t = Tensor.of(new int[] {1, -2, 3}, 3).to(dtype);
    assertThat(t.dtype()).isEqualTo(dtype);
    assertThat(t.toDoubles()).containsExactly(1, -2, 3);
    assertThat(t.to(DType.I32).toInts()).containsExactly(1, -2, 3);
    assertThat(t.to(dtype)).isSameAs(t);
  }
}
