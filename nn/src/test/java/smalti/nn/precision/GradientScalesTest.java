package smalti.nn.precision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.tensor.Tensor;

final class GradientScalesTest {
  private static final boolean[] GOOD = {true, true};
  private static final boolean[] BAD = {true, false};

  private static GradientScales published() {
    return new GradientScales(2, false, GradientScales.Rule.published(1));
  }

  @Test
  void scalesBeginAtTwoToThe13TimesTheWorkers() {
    assertThat(published().scale(0)).isEqualTo(8192);
    assertThat(new GradientScales(1, false, GradientScales.Rule.published(1024)).scale(0))
        .isEqualTo(1024 * 8192.0);
  }

  @Test
  void aThousandGoodUpdatesDoubleThem() {
    GradientScales scales = published();
    for (int i = 0; i < 1000; i++) {
      assertThat(scales.update(GOOD)).isTrue();
    }
    assertThat(scales.scale(1)).isCloseTo(16_384, within(1e-6));
  }

  @Test
  void aBadOneDividesItsBranchByTheRootOfTwoAndIsSkipped() {
    GradientScales scales = published();
    assertThat(scales.update(BAD)).as("update is done").isFalse();
    assertThat(scales.scale(1)).isCloseTo(8192 / Math.sqrt(2), within(1e-9));
    assertThat(scales.scale(0)).as("the other branch").isGreaterThan(8192);
  }

  @Test
  void within125UpdatesThereIsNoSecondDivision() {
    GradientScales scales = published();
    scales.update(BAD);
    double once = scales.scale(1);
    for (int i = 1; i < 125; i++) {
      assertThat(scales.update(BAD)).isFalse();
      assertThat(scales.scale(1)).as("update %d", i).isEqualTo(once);
    }
    scales.update(BAD);
    assertThat(scales.scale(1)).isCloseTo(once / Math.sqrt(2), within(1e-9));
  }

  @Test
  void scalesStayWithinTheirBounds() {
    GradientScales.Rule fast = new GradientScales.Rule(0x1p13, 4, 0.5, 0, 0x1p7, 0x1p24);
    GradientScales scales = new GradientScales(2, false, fast);
    for (int i = 0; i < 20; i++) {
      scales.update(BAD);
    }
    assertThat(scales.scale(0)).isEqualTo(0x1p24);
    assertThat(scales.scale(1)).isEqualTo(0x1p7);
    GradientScales.Rule paper = GradientScales.Rule.published(3);
    assertThat(paper.least()).isEqualTo(3 * 0x1p7);
    assertThat(paper.most()).isEqualTo(3 * 0x1p24);
  }

  @Test
  void aSharedScaleFollowsTheWorstBranch() {
    GradientScales scales = new GradientScales(2, true, GradientScales.Rule.published(1));
    scales.update(BAD);
    assertThat(scales.scale(0)).isEqualTo(scales.scale(1)).isLessThan(8192);
  }

  @Test
  void goesOnFromItsState() {
    GradientScales one = published();
    one.update(GOOD);
    one.update(BAD);
    GradientScales other = published();
    other.load(one.state());
    for (int i = 0; i < 130; i++) {
      one.update(BAD);
      other.update(BAD);
      assertThat(other.state().toDoubles()).containsExactly(one.state().toDoubles());
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new GradientScales(3, false, GradientScales.Rule.published(1)).load(one.state()));
  }

  /// Section 2.4's way back through a branch: scale, zero what is not finite, round to 16 bits; the
  /// branch; unscale, zero what is not finite.
  @Test
  void gradientsOfABranchAreScaledFilteredRoundedAndUnscaled() {
    Variable x = Variable.leaf(Tensor.of(new float[] {1, 1, 1, 1}, 4));
    long[] lost = new long[2];
    RoundTo.Lost count =
        (gone, all) -> {
          lost[0] += gone;
          lost[1] += all;
        };
    Variable inside = Autograd.apply(new EnterBranch(1024), x);
    Variable y = Autograd.apply(new LeaveBranch(1024, FloatFormat.FP16, count), inside);
    float tiny = 0x1p-36f; // times 1024 is 2^-26: zero in 16 bits
    Tensor gradient = Tensor.of(new float[] {0x1p-30f, tiny, Float.NaN, 100}, 4);
    float[] dx = Autograd.backward(y, gradient).of(x).toFloats();
    assertThat(dx[0]).as("kept by its scale").isEqualTo(0x1p-30f);
    assertThat(dx[1]).as("too small even so").isZero();
    assertThat(dx[2]).as("not finite").isZero();
    assertThat(dx[3]).as("infinite in 16 bits, so filtered on the way out").isZero();
    assertThat(lost).containsExactly(1, 3);
  }

  @Test
  void histogramsCountExponents() {
    ExponentHistogram h = new ExponentHistogram();
    h.add(Tensor.of(new float[] {1, 1.5f, -1.9f, 0.25f, 0, Float.NaN, 0x1p-30f}, 7));
    assertThat(h.counts()).containsEntry(0, 3L).containsEntry(-2, 1L).containsEntry(-30, 1L);
    assertThat(h.zeros()).isEqualTo(1);
    assertThat(h.notFinite()).isEqualTo(1);
    assertThat(h.total()).isEqualTo(7);
    assertThat(h.below(FloatFormat.FP16, 1)).isEqualTo(1.0 / 6);
    assertThat(h.below(FloatFormat.FP16, 64)).as("2^-24 is there").isZero();
    assertThat(h.toString()).contains("2^0", "2^-30").contains("zero");
  }
}
