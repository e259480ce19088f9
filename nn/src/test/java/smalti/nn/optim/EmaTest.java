package smalti.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import smalti.nn.Module;
import smalti.nn.Parameter;
import smalti.tensor.Tensor;

final class EmaTest {

  private static final class Two extends Module {
    final Parameter a = param("a", Tensor.of(new float[] {1}, 1));
    final Parameter b = param("b", Tensor.of(new float[] {2, 2}, 2));
  }

  private static Tensor one(double value) {
    return Tensor.of(new float[] {(float) value}, 1);
  }

  @Test
  void averagesWithAShortMemoryAtFirst() {
    Two module = new Two();
    Ema ema = new Ema(module, 0.5);
    double hand = 1;
    for (int n = 0; n < 40; n++) {
      module.a.assign(one(n * n));
      ema.update();
      double keep = Math.min(0.5, (1.0 + n) / (10 + n));
      hand = keep * hand + (1 - keep) * n * n;
      assertThat(ema.state().get("a").item()).isCloseTo(hand, within(1e-6 * (1 + hand)));
    }
    assertThat(ema.updates()).isEqualTo(40);
    assertThat(ema.state().get("b").toFloats()).containsExactly(2, 2);
  }

  @Test
  void theModuleIsItselfAgainAfterAnActionWithTheAverages() {
    Two module = new Two();
    Ema ema = new Ema(module, 0.9);
    module.a.assign(one(7));
    ema.during(() -> assertThat(module.a.item()).isEqualTo(1));
    assertThat(module.a.item()).isEqualTo(7);
    assertThatThrownBy(() ->
            ema.during(() -> {
              throw new IllegalStateException("broken");
            }))
        .hasMessage("broken");
    assertThat(module.a.item()).as("also after a failure").isEqualTo(7);
    assertThat(ema.state().get("a").item()).isEqualTo(1);
  }

  @Test
  void loadRestoresAveragesAndCount() {
    Two module = new Two();
    Ema ema = new Ema(module, 0.999);
    ema.load(Map.of("a", one(5), "b", Tensor.zeros(2)), 12);
    assertThat(ema.state().get("a").item()).isEqualTo(5);
    assertThat(ema.updates()).isEqualTo(12);
    ema.update();
    double keep = 13.0 / 22;
    assertThat(ema.state().get("a").item()).isCloseTo(keep * 5 + (1 - keep), within(1e-6));
  }

  @Test
  void loadChangesNothingIfAnAverageDoesNotFit() {
    Ema ema = new Ema(new Two(), 0.9);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ema.load(Map.of("a", one(5)), 3))
        .withMessage("average: b should have shape [2]; the file has none");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ema.load(Map.of("a", one(5), "b", Tensor.zeros(3)), 3))
        .withMessage("average: b should have shape [2]; the file has [3]");
    assertThat(ema.state().get("a").item()).isEqualTo(1);
    assertThat(ema.updates()).isZero();
  }

  @Test
  void decayIsAFraction() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Ema(new Two(), 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Ema(new Two(), -0.1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Ema(new Two(), Double.NaN));
  }
}
