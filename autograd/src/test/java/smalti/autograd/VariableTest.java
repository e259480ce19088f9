package smalti.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.tensor.AttentionPattern;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Checks the fluent methods that do more than name an op, and what gradient checks cannot see:
/// ties, memory layouts, masks.
class VariableTest {

  private static Variable leaf(Shape shape, double... data) {
    return Variable.leaf(Tensor.of(data, shape.toArray()));
  }

  private static Variable leaf(double... data) {
    return leaf(Shape.of(data.length), data);
  }

  private static double[] gradient(Variable loss, Variable leaf) {
    return Autograd.backward(loss.sum()).of(leaf).toDoubles();
  }

  @Test
  void calculatesWithNumbersOfItsOwnDtype() {
    Variable x = leaf(1, 2, 4);
    Variable y = x.add(1).mul(3).sub(2).div(4);
    assertThat(y.value().dtype()).isEqualTo(DType.F64);
    assertThat(y.value().toDoubles()).containsExactly(1, 1.75, 3.25);
    assertThat(gradient(y, x)).containsExactly(0.75, 0.75, 0.75);
    assertThat(Variable.of(Tensor.ones(2)).add(1).value().dtype()).isEqualTo(DType.F32);
  }

  @Test
  void meansOverAxes() {
    Variable x = leaf(Shape.of(2, 3), 1, 2, 3, 4, 5, 9);
    assertThat(x.mean().item()).isEqualTo(4);
    assertThat(x.mean(-1).value().toDoubles()).containsExactly(2, 6);
    assertThat(x.meanKeep(0).shape()).isEqualTo(Shape.of(1, 3));
    assertThat(x.meanKeep(0).value().toDoubles()).containsExactly(2.5, 3.5, 6);
    assertThat(x.sumKeep(1).shape()).isEqualTo(Shape.of(2, 1));
    assertThat(gradient(x.mean(1), x)).containsOnly(1 / 3.0);
    assertThat(Variable.of(Tensor.zeros(0)).mean().item()).isNaN();
  }

  @Test
  void sharesTheGradientOfTiedExtremesEvenly() {
    Variable x = leaf(Shape.of(2, 3), 5, 5, 1, 2, 2, 2);
    assertThat(gradient(x.max(1), x)).containsExactly(0.5, 0.5, 0, 1 / 3.0, 1 / 3.0, 1 / 3.0);
    assertThat(gradient(x.min(0), x)).containsExactly(0, 0, 1, 1, 1, 0);
    assertThat(gradient(x.maximum(leaf(5)), x)).containsExactly(0.5, 0.5, 0, 0, 0, 0);
    Variable image = leaf(Shape.of(1, 1, 2, 2), 7, 7, 7, 0);
    assertThat(gradient(image.maxPool2d(2), image)).containsExactly(1, 0, 0, 0);
  }

  @Test
  void selectsAndStacks() {
    Variable x = leaf(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
    Variable row = x.select(0, 1);
    assertThat(row.shape()).isEqualTo(Shape.of(3));
    assertThat(row.value().toDoubles()).containsExactly(4, 5, 6);
    Variable stacked = Variable.stack(List.of(row, row.mul(2)), -1);
    assertThat(stacked.shape()).isEqualTo(Shape.of(3, 2));
    assertThat(stacked.value().toDoubles()).containsExactly(4, 8, 5, 10, 6, 12);
    assertThat(gradient(stacked, x)).containsExactly(0, 0, 0, 3, 3, 3);
    assertThat(Variable.stack(List.of(x, x), 0).shape()).isEqualTo(Shape.of(2, 2, 3));
    assertThat(Variable.stack(List.of(x, x), 1).shape()).isEqualTo(Shape.of(2, 2, 3));
  }

  @Test
  void fillsWhereTheMaskIsSet() {
    Variable x = leaf(1, 2, 3);
    Variable filled = x.maskedFill(Tensor.of(new int[] {0, 1, 0}, 3), Double.NEGATIVE_INFINITY);
    assertThat(filled.value().toDoubles()).containsExactly(1, Double.NEGATIVE_INFINITY, 3);
    assertThat(gradient(filled, x)).containsExactly(1, 0, 1);
  }

  @Test
  void takesTheSoftmaxAlongAnyAxis() {
    Variable x = leaf(Shape.of(2, 2), 0, Math.log(3), 0, 0);
    assertThat(x.softmax(1).value().toDoubles())
        .containsExactly(new double[] {0.25, 0.75, 0.5, 0.5}, within(1e-12));
    assertThat(x.softmax(0).value().toDoubles())
        .containsExactly(new double[] {0.5, 0.75, 0.5, 0.25}, within(1e-12));
    assertThat(x.logSoftmax(-2).exp().value().toDoubles())
        .containsExactly(new double[] {0.5, 0.75, 0.5, 0.25}, within(1e-12));
  }

  @Test
  void mergesHeadsWithoutCopying() {
    Random random = Random.of(1);
    Variable qkv = Variable.leaf(random.normal(Shape.of(2, 5, 3, 4, 6))); // (B, T, 3, H, D)
    Variable q = qkv.select(2, 0).transpose(1, 2); // (B, H, T, D)
    Variable out = q.attention(q, q, new AttentionPattern.Causal(), 0.4);
    assertThat(out.shape()).isEqualTo(Shape.of(2, 4, 5, 6));
    Variable merged = out.transpose(1, 2).reshape(2, 5, 24);
    assertThat(merged.value().storage()).isSameAs(out.value().storage());
  }

  @Test
  void dropsTheSameElementsInBothDirections() {
    Variable x = Variable.leaf(Tensor.ones(1000));
    Variable y = x.dropout(0.25, Random.of(3));
    assertThat(gradient(y, x)).isEqualTo(y.value().toDoubles());
    assertThat(y.value().toFloats()).contains(0f).contains(1 / 0.75f);
    assertThat(y.mean().item()).isCloseTo(1, within(0.1));
  }

  @Test
  void drawsNothingWhereNothingIsDropped() {
    Random random = Random.of(3);
    Variable x = leaf(1);
    assertThat(x.dropout(0, random)).isSameAs(x);
    assertThat(random.drawKey()).isEqualTo(Random.of(3).drawKey());
  }

  @Test
  void ignoresRowsWithANegativeTarget() {
    Variable logits = leaf(Shape.of(2, 2), 0, 0, 9, 1);
    Variable loss = logits.crossEntropy(Tensor.of(new int[] {1, -1}, 2));
    assertThat(loss.value().toDoubles())
        .containsExactly(new double[] {Math.log(2), 0}, within(1e-12));
    assertThat(gradient(loss, logits))
        .containsExactly(new double[] {0.5, -0.5, 0, 0}, within(1e-12));
  }

  @Test
  void saysWhetherAGradientIsWanted() {
    assertThat(leaf(1).toString()).isEqualTo("Tensor[1] F64 [1.0000] (requires grad)");
    assertThat(leaf(1).detach().toString()).isEqualTo("Tensor[1] F64 [1.0000]");
  }
}
