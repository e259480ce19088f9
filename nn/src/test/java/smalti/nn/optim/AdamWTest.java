package smalti.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.nn.Parameter;
import smalti.nn.precision.FloatFormat;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

final class AdamWTest {
  private static final int N = 5;

  /// The rule of Loshchilov and Hutter 2019, algorithm 2, one number at a time.
  private static final class Scalar {
    double w;
    double m;
    double v;

    void step(int t, double g, double lr, AdamW.Config c, double decay) {
      m = c.beta1() * m + (1 - c.beta1()) * g;
      v = c.beta2() * v + (1 - c.beta2()) * g * g;
      double mHat = m / (1 - Math.pow(c.beta1(), t));
      double vHat = v / (1 - Math.pow(c.beta2(), t));
      w = w - lr * (mHat / (Math.sqrt(vHat) + c.eps()) + decay * w);
    }
  }

  private static Parameter parameter(String name, DType dtype) {
    return new Parameter(name, Random.of(1).split(name).normal(Shape.of(N), dtype));
  }

  /// Returns gradients that are exactly `g`.
  private static Gradients gradients(Parameter p, Tensor g) {
    return Autograd.backward(p.mul(Variable.of(g)).sum());
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.25})
  void followsTheScalarRule(double scale) {
    AdamW.Config config = new AdamW.Config(0.9, 0.96, 1e-8, 4.5e-2);
    Parameter a = parameter("a.weight", DType.F64);
    Parameter b = parameter("b.bias", DType.F64);
    Scalar[] hand = new Scalar[2 * N];
    for (int i = 0; i < 2 * N; i++) {
      hand[i] = new Scalar();
      hand[i].w = (i < N ? a : b).value().get(i % N);
    }
    AdamW adam = new AdamW(Map.of("a.weight", a, "b.bias", b), config, n -> n.endsWith("weight"));
    Schedule lr = Schedule.warmup(3, Schedule.cosine(0.1, 0.01, 20));
    for (int t = 1; t <= 25; t++) {
      Random random = Random.of(100 + t);
      Tensor ga = random.normal(Shape.of(N), DType.F64);
      Tensor gb = random.normal(Shape.of(N), DType.F64).mul(1e-3);
      Variable loss = a.mul(Variable.of(ga)).sum().add(b.mul(Variable.of(gb)).sum());
      adam.step(Autograd.backward(loss), lr.at(t - 1), scale);
      for (int i = 0; i < N; i++) {
        hand[i].step(t, scale * ga.get(i), lr.at(t - 1), config, config.weightDecay());
        hand[N + i].step(t, scale * gb.get(i), lr.at(t - 1), config, 0);
        assertThat(a.value().get(i)).as("step %d", t).isCloseTo(hand[i].w, within(1e-12));
        assertThat(b.value().get(i)).as("step %d", t).isCloseTo(hand[N + i].w, within(1e-12));
      }
    }
    assertThat(adam.steps()).isEqualTo(25);
  }

  @Test
  void theFirstStepOfAdamIsTheLearningRateWhateverTheGradient() {
    Parameter p = new Parameter("p", Tensor.of(new float[] {1, 1, 1}, 3));
    AdamW adam = AdamW.adam(Map.of("p", p));
    adam.step(gradients(p, Tensor.of(new float[] {1e-3f, -50, 0}, 3)), 0.125, 1);
    assertThat(p.value().get(0)).isCloseTo(0.875, within(1e-5));
    assertThat(p.value().get(1)).isCloseTo(1.125, within(1e-6));
    assertThat(p.value().get(2)).isEqualTo(1);
  }

  @Test
  void decayShrinksWithoutAGradientValueButNotWithoutAGradient() {
    AdamW.Config config = new AdamW.Config(0.9, 0.999, 1e-8, 0.5);
    Parameter p = new Parameter("p", Tensor.of(new float[] {2}, 1));
    Parameter untouched = new Parameter("q", Tensor.of(new float[] {2}, 1));
    AdamW adam = new AdamW(Map.of("p", p, "q", untouched), config, n -> true);
    adam.step(gradients(p, Tensor.of(new float[] {0}, 1)), 0.1, 1);
    assertThat(p.item()).isCloseTo(2 * (1 - 0.1 * 0.5), within(1e-6));
    assertThat(untouched.item()).isEqualTo(2);
  }

  @Test
  void stateRestoresTheExactSameRun() {
    Parameter p = parameter("p", DType.F32);
    AdamW first = AdamW.adam(Map.of("p", p));
    run(first, p, 0, 3);
    Parameter q = new Parameter("p", p.value().copy());
    AdamW second = AdamW.adam(Map.of("p", q));
    second.load(first.state(), first.steps());
    run(first, p, 3, 6);
    run(second, q, 3, 6);
    assertThat(q.value().toFloats()).containsExactly(p.value().toFloats());
    assertThat(second.steps()).isEqualTo(6);
    assertThat(first.state().keySet()).containsExactly("m.p", "v.p");
  }

  private static void run(AdamW adam, Parameter p, int from, int to) {
    for (int t = from; t < to; t++) {
      adam.step(gradients(p, Random.of(t).normal(Shape.of(N))), 0.1, 1);
    }
  }

  @Test
  void loadRefusesAMissingOrMisshapenMomentAndChangesNothing() {
    Parameter p = parameter("p", DType.F32);
    AdamW adam = AdamW.adam(Map.of("p", p));
    run(adam, p, 0, 1);
    float[] before = adam.state().get("m.p").toFloats();
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("m.p", Tensor.zeros(N));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> adam.load(state, 7))
        .withMessage("optimiser state: v.p should have shape [5]; the file has none");
    state.put("v.p", Tensor.zeros(4));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> adam.load(state, 7))
        .withMessage("optimiser state: v.p should have shape [5]; the file has [4]");
    assertThat(adam.state().get("m.p").toFloats()).isEqualTo(before);
    assertThat(adam.steps()).isEqualTo(1);
  }

  @Test
  void constantsAreChecked() {
    assertThat(AdamW.Config.adam()).isEqualTo(new AdamW.Config(0.9, 0.999, 1e-8, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new AdamW.Config(1, 0.9, 1e-8, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new AdamW.Config(0.9, -0.1, 1e-8, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new AdamW.Config(0.9, 0.9, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new AdamW.Config(0.9, 0.9, 1e-8, -1));
  }

  @Test
  void aLargeVarianceIsCutBeforeItIsUsed() {
    AdamW.Config config = new AdamW.Config(0.9, 0.96, 1e-8, 4.5e-2);
    Parameter p = parameter("a.weight", DType.F64);
    Scalar hand = new Scalar();
    hand.w = p.value().get(0);
    AdamW adam =
        new AdamW(Map.of("a.weight", p), config, n -> true, new AdamW.Moments(5, n -> false));
    for (int t = 1; t <= 4; t++) {
      double g = t == 2 ? 20 : 0.5;
      adam.step(gradients(p, Tensor.full(Shape.of(N), g, DType.F64)), 0.1, 1);
      double m = config.beta1() * hand.m + (1 - config.beta1()) * g;
      double v = Math.min(5, config.beta2() * hand.v + (1 - config.beta2()) * g * g);
      double root = Math.sqrt(v / (1 - Math.pow(config.beta2(), t)));
      double change = m / (1 - Math.pow(config.beta1(), t)) / (root + config.eps());
      hand.w -= 0.1 * (change + config.weightDecay() * hand.w);
      hand.m = m;
      hand.v = v;
      assertThat(p.value().get(0)).as("step %d", t).isCloseTo(hand.w, within(1e-12));
      assertThat(adam.state().get("v.a.weight").get(0)).isLessThanOrEqualTo(5);
    }
    assertThat(hand.v).as("the second gradient was cut").isLessThan(5);
    assertThatIllegalArgumentException().isThrownBy(() -> new AdamW.Moments(0, n -> false));
  }

  @Test
  void smallMomentsAreNumbersOfTheirFormats() {
    Parameter p = parameter("a.weight", DType.F32);
    AdamW.Moments kept = new AdamW.Moments(Double.POSITIVE_INFINITY, n -> true);
    AdamW adam = new AdamW(Map.of("a.weight", p), AdamW.Config.adam(), n -> false, kept);
    for (int t = 0; t < 3; t++) {
      adam.step(gradients(p, Random.of(t).normal(Shape.of(N))), 0.1, 1);
    }
    for (float x : adam.state().get("m.a.weight").toFloats()) {
      assertThat(FloatFormat.F1_6_9.round(x)).isEqualTo(x);
    }
    for (float x : adam.state().get("v.a.weight").toFloats()) {
      assertThat(x).isPositive();
      assertThat(FloatFormat.F0_6_10.round(x)).isEqualTo(x);
    }
  }
}
