package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PhiloxTest {

  /// The known answers for philox4x32-10 in Random123's `kat_vectors`.
  @ParameterizedTest
  @CsvSource({
    "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
  })
  void givesThePublishedAnswers(String counter, String key, String expected) {
    int[] c = words(counter);
    int[] k = words(key);
    int[] out = new int[4];
    Philox.block(wide(k[0], k[1]), wide(c[0], c[1]), wide(c[2], c[3]), out);
    assertThat(out).containsExactly(words(expected));
  }

  private static int[] words(String text) {
    String[] parts = text.split(" ", -1);
    int[] out = new int[parts.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Integer.parseUnsignedInt(parts[i], 16);
    }
    return out;
  }

  private static long wide(int low, int high) {
    return (low & 0xffffffffL) | ((long) high << 32);
  }

  @Test
  void floatsStayInsideTheirIntervals() {
    assertThat(Philox.toUnitFloat(0)).isZero();
    assertThat(Philox.toUnitFloat(-1)).isLessThan(1).isEqualTo(1 - 0x1p-24f);
    assertThat(Philox.toOpenUnitFloat(0)).isEqualTo(0x1p-24f);
    assertThat(Philox.toOpenUnitFloat(-1)).isLessThan(1).isEqualTo(1 - 0x1p-24f);
    assertThat(Philox.toOpenUnitFloat(0x80000000)).isEqualTo(0.5f + 0x1p-24f);
  }
}
