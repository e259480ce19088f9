package smalti.tests.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.dalle.train.VaeRecipe;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.LogitLaplace;
import smalti.dalle.vae.VaeConfig;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.optim.Schedule;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Is acceptance tests 1 to 6, which concern stage 1: the discrete VAE and its recipe (Ramesh et
/// al. 2021, section 2.1, appendices A.2 and A.3).
final class Stage1AcceptanceTest {
  private static final double NO_FLOOR = Double.NEGATIVE_INFINITY;

  /// Acceptance test 1: the default dVAE has 74 + 76 tensors, 53,786,240 + 43,829,766 parameters,
  /// and the published names. (`PublishedTensorsTest` compares every name and shape.)
  @Test
  void test01TheDefaultModelHasThePublishedTensors() {
    Map<String, Parameter> all =
        new DiscreteVae(VaeConfig.openai(), Random.of(0)).namedParameters();
    assertThat(all.keySet()).filteredOn(n -> n.startsWith("encoder.")).hasSize(74);
    assertThat(all.keySet()).filteredOn(n -> n.startsWith("decoder.")).hasSize(76);
    assertThat(all).hasSize(150);
    assertThat(parameters(all, "encoder.")).isEqualTo(53_786_240);
    assertThat(parameters(all, "decoder.")).isEqualTo(43_829_766);
    assertThat(all)
        .containsKeys(
            "encoder.blocks.input.w",
            "encoder.blocks.group_4.block_1.id_path.b",
            "encoder.blocks.group_1.block_2.res_path.conv_4.w",
            "decoder.blocks.group_1.block_1.res_path.conv_1.w",
            "decoder.blocks.output.conv.b");
    assertThat(shape(all, "encoder.blocks.output.conv.w")).isEqualTo(Shape.of(8192, 2048, 1, 1));
    assertThat(shape(all, "decoder.blocks.input.w")).isEqualTo(Shape.of(128, 8192, 1, 1));
    assertThat(shape(all, "decoder.blocks.output.conv.w")).isEqualTo(Shape.of(6, 256, 1, 1));
  }

  private static long parameters(Map<String, Parameter> all, String prefix) {
    return all.entrySet().stream()
        .filter(e -> e.getKey().startsWith(prefix))
        .mapToLong(e -> e.getValue().shape().elements())
        .sum();
  }

  private static Shape shape(Map<String, Parameter> all, String name) {
    Parameter parameter = all.get(name);
    assertThat(parameter).as(name).isNotNull();
    return parameter.shape();
  }

  /// Acceptance test 2: the pixel map φ and its inverse undo each other on 0…255, φ(0) = 0.1 and
  /// φ(255) = 0.9.
  @Test
  void test02ThePixelMapIsInvertible() {
    float[] bytes = new float[3 * 256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = i % 256 / 255f;
    }
    Tensor squeezed = LogitLaplace.squeeze(Tensor.of(bytes, 1, 3, 16, 16));
    assertThat(squeezed.get(0, 0, 0, 0)).isCloseTo(0.1, within(1e-7));
    assertThat(squeezed.get(0, 2, 15, 15)).isCloseTo(0.9, within(1e-7));
    float[] maps = new float[6 * 256];
    for (int i = 0; i < bytes.length; i++) {
      double x = squeezed.storage().get(i);
      maps[i] = (float) Math.log(x / (1 - x)); // μ = logit φ(x)
    }
    float[] back = LogitLaplace.pixels(Tensor.of(maps, 1, 6, 16, 16)).toFloats();
    for (int i = 0; i < bytes.length; i++) {
      assertThat(Math.round(255 * back[i])).isEqualTo(i % 256);
    }
  }

  /// Acceptance test 3: the logit-Laplace density integrates to 1 over (0, 1), and the gradients of
  /// its negative logarithm are −sign(Δ)/b for μ and 1 − |Δ| for ln b.
  @Test
  void test03LogitLaplaceIsADensityWithTheClosedGradients() {
    for (double[] p : new double[][] {{0, 1}, {1.5, 0.3}, {-2, 0.1}, {0.7, 0.05}, {-3, 0.8}}) {
      double mu = p[0];
      double b = p[1];
      // By the midpoint rule in t = logit x, where dx = x(1 − x) dt, on 44 widths around the kink.
      int n = 20_000;
      double h = 44 * b / n;
      double[] squeezed = new double[3 * n];
      double[] maps = new double[6 * n];
      for (int i = 0; i < 3 * n; i++) {
        double t = mu - 22 * b + (i % n + 0.5) * h;
        squeezed[i] = 1 / (1 + Math.exp(-t));
        maps[i] = mu;
        maps[3 * n + i] = Math.log(b);
      }
      double mass = 0;
      for (int i = 0; i < n; i++) {
        mass += Math.exp(-nll(squeezed[i], mu, b)) * squeezed[i] * (1 - squeezed[i]) * h;
      }
      assertThat(mass).as("μ %s, b %s", mu, b).isCloseTo(1, within(1e-5));

      Variable leaf = Variable.leaf(Tensor.of(maps, 1, 6, n, 1));
      Tensor x = Tensor.of(squeezed, 1, 3, n, 1);
      Variable loss = LogitLaplace.negativeLogLikelihood(leaf, x, NO_FLOOR);
      double[] gradient = Autograd.backward(loss).of(leaf).toDoubles();
      for (int i = 0; i < 3 * n; i++) {
        double delta = (Math.log(squeezed[i] / (1 - squeezed[i])) - mu) / b;
        double tolerance = 1e-6 * (1 + Math.abs(delta) + 1 / b);
        assertThat(gradient[i] * 3 * n).isCloseTo(-Math.signum(delta) / b, within(tolerance));
        assertThat(gradient[3 * n + i] * 3 * n).isCloseTo(1 - Math.abs(delta), within(tolerance));
      }
    }
  }

  private static double nll(double x, double mu, double b) {
    double s = Math.log(b);
    Variable maps = Variable.of(Tensor.of(new double[] {mu, mu, mu, s, s, s}, 1, 6, 1, 1));
    Tensor pixel = Tensor.of(new double[] {x, x, x}, 1, 3, 1, 1);
    return LogitLaplace.negativeLogLikelihood(maps, pixel, NO_FLOOR).item();
  }

  /// Acceptance test 4: the divergence from the uniform prior is 0 for uniform logits and ln 8192 =
  /// 9.0109 per position for one-hot ones.
  @Test
  void test04TheDivergenceGoesFromZeroToLn8192() {
    Tensor uniform = Tensor.zeros(2, 5, 8192);
    assertThat(DiscreteVae.divergence(Variable.of(uniform)).item()).isCloseTo(0, within(1e-5));
    Tensor oneHot = Tensor.zeros(10, 8192);
    for (int i = 0; i < 10; i++) {
      oneHot.storage().set(i * 8192 + 811 * i, 1000);
    }
    assertThat(DiscreteVae.divergence(Variable.of(oneHot)).item())
        .isCloseTo(Math.log(8192), within(1e-4))
        .isCloseTo(9.0109, within(1e-4));
  }

  /// Acceptance test 5: β rises from 0 to 6.6 over 5,000 updates, τ falls from 1 to 1/16 over
  /// 150,000, the step size from 1e-4 to 1.25e-6 over 1,200,000; all stay there.
  @Test
  void test05SchedulesHaveThePapersEnds() {
    VaeRecipe paper = VaeRecipe.paper();
    assertSchedule(paper.betaSchedule(), 0, 6.6, 5_000);
    assertSchedule(paper.tauSchedule(), 1, 1.0 / 16, 150_000);
    assertSchedule(paper.lrSchedule(), 1e-4, 1.25e-6, 1_200_000);
    assertThat(paper.steps()).isEqualTo(3_000_000);
    assertThat(paper.at(5_000).beta()).isEqualTo(6.6);
    assertThat(paper.at(150_000).tau()).isEqualTo(1.0 / 16);
    assertThat(paper.at(0).gamma()).isZero();
    assertThat(paper.at(0).straightThrough()).isFalse();
  }

  private static void assertSchedule(Schedule schedule, double from, double to, long steps) {
    double unit = Math.max(from, to);
    assertThat(schedule.at(0)).isEqualTo(from);
    assertThat(schedule.at(steps / 2)).isCloseTo((from + to) / 2, within(1e-12 * unit));
    assertThat(schedule.at(steps - 1)).isNotCloseTo(to, within(1e-15 * unit));
    assertThat(schedule.at(steps)).isCloseTo(to, within(1e-15 * unit));
    assertThat(schedule.at(3_000_000)).isCloseTo(to, within(1e-15 * unit));
  }

  /// Acceptance test 6: with the same noise, the relaxed reconstruction error tends to that of hard
  /// samples as τ → 0.
  @Test
  void test06TheRelaxedReconstructionTendsToTheHardOne() {
    VaeConfig config = new VaeConfig(16, 3, 1, 8, 5, 12, 24, VaeConfig.Scales.published(3, 24));
    DiscreteVae vae = new DiscreteVae(config, Random.of(1));
    Tensor pixels = Random.of(2).uniform(Shape.of(3, 3, 16, 16));
    double hard = nll(vae, pixels, 1e-4, true);
    double before = Double.POSITIVE_INFINITY;
    for (double tau : new double[] {2, 0.5, 1.0 / 16, 1.0 / 256, 1e-4}) {
      double gap = Math.abs(nll(vae, pixels, tau, false) - hard);
      assertThat(gap).as("τ = %s", tau).isLessThan(before);
      before = gap;
    }
    assertThat(before).isLessThan(1e-5);
  }

  private static double nll(DiscreteVae vae, Tensor pixels, double tau, boolean hard) {
    DiscreteVae.Annealing a = new DiscreteVae.Annealing(tau, 1, 0, NO_FLOOR, hard);
    return vae.loss(pixels, a, Pass.training(Random.of(3))).nll();
  }
}
