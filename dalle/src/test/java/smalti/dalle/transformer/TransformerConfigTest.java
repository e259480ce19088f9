package smalti.dalle.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

final class TransformerConfigTest {
  private static final TransformerConfig C = config(4, 4, 5, 0);

  private static TransformerConfig config(int text, int heads, int kernel, double dropout) {
    return new TransformerConfig(
        text, 10, 3, 7, 16, 2, heads, TransformerConfig.Attention.SPARSE, kernel, dropout, 0);
  }

  @Test
  void sizesFollow() {
    assertThat(C.imageLength()).isEqualTo(9);
    assertThat(C.length()).isEqualTo(13);
    assertThat(C.textClasses()).isEqualTo(14);
  }

  @Test
  void captionsArePaddedWithTheTokenOfTheirPositionOrCut() {
    assertThat(C.padded(new int[] {3, 9})).containsExactly(3, 9, 12, 13);
    assertThat(C.padded(new int[0])).containsExactly(10, 11, 12, 13);
    assertThat(C.padded(new int[] {1, 2, 3, 4, 5})).containsExactly(1, 2, 3, 4);
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config(4, 3, 5, 0))
        .withMessage("TransformerConfig: 3 heads do not divide the width 16");
    assertThatIllegalArgumentException().isThrownBy(() -> config(0, 4, 5, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> config(4, 4, 4, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> config(4, 4, 5, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> config(4, 0, 5, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Models.withTokenDropout(1))
        .withMessage("TransformerConfig: tokenDropout must be in [0, 1); got 1.0");
  }
}
