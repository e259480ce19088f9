package smalti.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.tensor.Tensor;

final class LossesTest {
  private static final Variable X = Variable.of(Tensor.of(new double[] {1, -2, 3, 0.5}, 2, 2));
  private static final Variable Y = Variable.of(Tensor.of(new double[] {0, 1, 1, 0}, 2, 2));

  @Test
  void squaredAndAbsoluteErrorsAreMeansOverAllElements() {
    assertThat(Losses.mse(X, Y).item()).isCloseTo((1 + 9 + 4 + 0.25) / 4, within(1e-12));
    assertThat(Losses.l1(X, Y).item()).isCloseTo((1 + 3 + 2 + 0.5) / 4, within(1e-12));
  }

  @Test
  void crossEntropyIsTheMeanOverAllPositionsOfAnyRank() {
    Variable logits = Variable.of(Tensor.of(new double[] {1, 2, 3, 0, 0, 0, -1, 5, 2}, 1, 3, 3));
    double expected = 0;
    double[] row = logits.value().toDoubles();
    int[] targets = {2, 0, 1};
    for (int i = 0; i < 3; i++) {
      double sum = 0;
      for (int j = 0; j < 3; j++) {
        sum += Math.exp(row[3 * i + j]);
      }
      expected += (Math.log(sum) - row[3 * i + targets[i]]) / 3;
    }
    assertThat(Losses.crossEntropy(logits, Tensor.of(targets, 1, 3)).item())
        .isCloseTo(expected, within(1e-12));
  }

  @Test
  void uniformLogitsCostTheLogarithmOfTheirNumber() {
    Variable logits = Variable.of(Tensor.zeros(4, 8192));
    assertThat(Losses.crossEntropy(logits, Tensor.of(new int[] {0, 1, 8191, 77}, 4)).item())
        .isCloseTo(Math.log(8192), within(1e-5));
  }

  @Test
  void binaryCrossEntropyIsThatOfTheSigmoid() {
    double expected = 0;
    for (int i = 0; i < 4; i++) {
      double q = 1 / (1 + Math.exp(-X.value().toDoubles()[i]));
      double t = Y.value().toDoubles()[i];
      expected -= (t * Math.log(q) + (1 - t) * Math.log(1 - q)) / 4;
    }
    assertThat(Losses.bceWithLogits(X, Y).item()).isCloseTo(expected, within(1e-12));
  }

  @Test
  void binaryCrossEntropyStaysFiniteForLargeLogits() {
    Variable x = Variable.leaf(Tensor.of(new float[] {500, -500}, 2));
    Variable wrong = Variable.of(Tensor.of(new float[] {0, 1}, 2));
    Variable loss = Losses.bceWithLogits(x, wrong);
    assertThat(loss.item()).isCloseTo(500, within(1e-3));
    assertThat(Autograd.backward(loss).of(x).toFloats()).containsExactly(0.5f, -0.5f);
  }
}
