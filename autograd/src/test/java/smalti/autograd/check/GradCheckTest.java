package smalti.autograd.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.autograd.op.Context;
import smalti.autograd.op.CustomOp;
import smalti.autograd.op.Sample;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

class GradCheckTest {

  /// Squares; its gradient is wrong at one element by a factor.
  record Square(int wrongAt, double factor) implements CustomOp {
    @Override
    public Tensor forward(Context context, Tensor... inputs) {
      context.save(inputs);
      return inputs[0].mul(inputs[0]);
    }

    @Override
    public Tensor[] vjp(Context context, Tensor dOut) {
      double[] dx = context.saved(0).mul(2).mul(dOut).toDoubles();
      dx[wrongAt] *= factor;
      return new Tensor[] {Tensor.of(dx, dOut.shape().toArray())};
    }
  }

  private static Tensor ramp(int... shape) {
    double[] data = new double[Shape.of(shape).elements()];
    for (int i = 0; i < data.length; i++) {
      data[i] = 0.5 + i;
    }
    return Tensor.of(data, shape);
  }

  @Test
  void acceptsARightGradient() {
    GradCheck.Result result = GradCheck.of(Sample.of(new Square(0, 1), ramp(2, 3)), 5);
    result.assertCorrect();
    assertThat(result.correct()).isTrue();
    assertThat(result.worst()).isNotNull();
    assertThat(result.worst().error()).isLessThan(1e-7);
  }

  @Test
  void namesTheWrongEntryOfASmallJacobian() {
    GradCheck.Result result = GradCheck.of(Sample.of(new Square(4, 1.001), ramp(2, 3)), 5);
    assertThatThrownBy(result::assertCorrect)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Square[wrongAt=4, factor=1.001]: the gradient is wrong")
        .hasMessageContaining("inputs [[2, 3]], seed 5")
        .hasMessageContaining("argument 0, element [1, 1], result element [1, 1]")
        .hasMessageContaining("analytic 40.54050")
        .hasMessageContaining("numeric 40.5000");
  }

  @Test
  void catchesOneWrongElementOfMany() {
    Tensor x = Random.of(1).normal(Shape.of(40, 40)).to(DType.F64);
    assertThat(GradCheck.of(Sample.of(new Square(777, 1), x), 3).correct()).isTrue();
    GradCheck.Result wrong = GradCheck.of(Sample.of(new Square(777, 0.9), x), 3);
    assertThat(wrong.correct()).isFalse();
    assertThat(wrong.toString()).contains("argument 0, along a random direction");
  }

  @Test
  void catchesAMissingGradient() {
    GradCheck.Result result =
        GradCheck.of("detached", v -> v.get(0).mul(v.get(1).detach()), 1, ramp(2), ramp(2));
    assertThat(result.correct()).isFalse();
    assertThat(result.toString()).contains("argument 1").contains("analytic 0.0");
  }

  @Test
  void checksAnyFunction() {
    Tensor ids = Tensor.of(new int[] {1, 0, 1}, 3);
    GradCheck.of(
            "a small model",
            v -> v.get(0).embedding(ids).linear(v.get(1), null).tanh().logSoftmax(-1).mean(),
            2,
            ramp(2, 3).mul(0.1),
            ramp(4, 3).mul(0.1))
        .assertCorrect();
  }

  @Test
  void refusesF32AndRandomFunctions() {
    assertThatThrownBy(() -> GradCheck.of("f", List::getFirst, 1, Tensor.ones(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("f: a check needs F64 inputs");
    Random random = Random.of(1);
    assertThatThrownBy(() -> GradCheck.of("noise", v -> v.get(0).dropout(0.5, random), 1, ramp(64)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("noise: two calls with the same numbers gave");
  }

  @Test
  void runsOnTheReferenceBackendAndReportsNaN() {
    GradCheck.Result result =
        GradCheck.of(
            "nan",
            v -> Autograd.apply(new Square(1, Double.NaN), v.toArray(Variable[]::new)),
            1,
            ramp(3));
    assertThat(result.correct()).isFalse();
    assertThat(result.toString()).contains("analytic NaN");
  }
}
