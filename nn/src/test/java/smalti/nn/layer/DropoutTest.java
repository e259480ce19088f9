package smalti.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

final class DropoutTest {
  private static final int N = 40_000;

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.5, 0.9})
  void zeroesTheGivenPartAndScalesTheRest(double p) {
    Variable x = Variable.leaf(Tensor.ones(N));
    Variable y = new Dropout(p).forward(x, Pass.training(Random.of(8)));
    float kept = (float) (1 / (1 - p));
    int zeros = 0;
    for (float v : y.value().toFloats()) {
      zeros += v == 0 ? 1 : 0;
      assertThat(v == 0 || Math.abs(v - kept) < 1e-6 * kept).isTrue();
    }
    double deviation = Math.sqrt(p * (1 - p) / N);
    assertThat((double) zeros / N).isCloseTo(p, within(4 * deviation));
    Tensor dx = Autograd.backward(y.sum()).of(x);
    assertThat(dx.toFloats()).as("the same mask").containsExactly(y.value().toFloats());
  }

  @Test
  void thePassDecidesTheMask() {
    Dropout dropout = new Dropout(0.5);
    Variable x = Variable.of(Tensor.ones(64));
    Pass pass = Pass.training(Random.of(8));
    float[] mask = dropout.forward(x, pass).value().toFloats();
    assertThat(dropout.forward(x, pass).value().toFloats()).isEqualTo(mask);
    assertThat(dropout.forward(x, pass.child("a")).value().toFloats())
        .isNotEqualTo(mask)
        .isNotEqualTo(dropout.forward(x, pass.child("b")).value().toFloats())
        .isEqualTo(dropout.forward(x, pass.child("a")).value().toFloats());
  }

  @Test
  void doesNothingOutsideTraining() {
    Variable x = Variable.of(Tensor.ones(4));
    assertThat(new Dropout(0.9).forward(x)).isSameAs(x);
    assertThat(new Dropout(0).forward(x, Pass.training(Random.of(1)))).isSameAs(x);
  }

  @Test
  void theProbabilityIsBelowOne() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Dropout(1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Dropout(-0.1));
  }
}
