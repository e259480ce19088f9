package smalti.tensor.simd;

import static org.assertj.core.api.Assertions.assertThat;

/// Compares arrays of floats.
final class Close {
  private Close() {}

  /// Checks that numbers differ by at most `tolerance · (1 + |expected|)`, or are the same NaN or
  /// infinity.
  static void check(float[] expected, float[] actual, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      if (Float.compare(expected[i], actual[i]) == 0) {
        continue;
      }
      double distance = Math.abs((double) expected[i] - actual[i]);
      assertThat(distance)
          .as("element %d: expected %s, got %s", i, expected[i], actual[i])
          .isLessThanOrEqualTo(tolerance * (1 + Math.abs(expected[i])));
    }
  }
}
