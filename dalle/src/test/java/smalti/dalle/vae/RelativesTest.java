package smalti.dalle.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Checks the simpler relatives of the discrete VAE.
final class RelativesTest {
  private static final VaeConfig TINY =
      new VaeConfig(8, 2, 1, 8, 3, 6, 10, new VaeConfig.Scales(true, 4, 0.5, 0.5, 1));
  private static final DiscreteVae.Annealing AT = new DiscreteVae.Annealing(0.5, 0.1, 0, -3, false);

  /// Returns pictures of four squares each.
  private static Tensor pictures() {
    Variable colours = Variable.of(Random.of(2).uniform(Shape.of(3, 3, 2, 2)));
    return colours.upsampleNearest2d(4).value();
  }

  private static Pass pass() {
    return Pass.training(Random.of(3));
  }

  @ParameterizedTest
  @EnumSource(Autoencoder.Kind.class)
  void everyParameterGetsAGradient(Autoencoder.Kind kind) {
    Autoencoder model = kind.create(TINY, Random.of(1));
    assertThat(model.kind()).isEqualTo(kind);
    Gradients gradients = Autograd.backward(model.loss(pictures(), AT, pass()).loss());
    Set<String> idle = new TreeSet<>();
    model
        .namedParameters()
        .forEach((name, p) -> {
          Tensor g = gradients.of(p);
          double norm = g.mul(g).sum().item();
          assertThat(norm).as(name).isFinite();
          if (norm == 0) {
            idle.add(name);
          }
        });
    // A relu may be off everywhere in a branch of two channels; the way around it is never.
    assertThat(idle).allMatch(name -> name.contains(".res_path."));
    assertThat(idle).hasSizeLessThan(model.parameters().size() / 5);
  }

  @ParameterizedTest
  @EnumSource(Autoencoder.Kind.class)
  void theLossFallsOnOneBatch(Autoencoder.Kind kind) {
    Autoencoder model = kind.create(TINY, Random.of(1));
    AdamW adam = AdamW.adam(model.namedParameters());
    double first = model.loss(pictures(), AT, pass()).nll();
    double error = squaredError(model);
    for (int step = 0; step < 150; step++) {
      Variable loss = model.loss(pictures(), AT, pass()).loss();
      adam.step(Autograd.backward(loss), 0.01, 1);
    }
    assertThat(model.loss(pictures(), AT, pass()).nll()).isLessThan(first - 0.1);
    assertThat(squaredError(model)).isLessThan(0.8 * error);
  }

  private static double squaredError(Autoencoder model) {
    Tensor error = model.reconstruct(pictures()).sub(pictures());
    return error.mul(error).mean().item();
  }

  @ParameterizedTest
  @EnumSource(Autoencoder.Kind.class)
  void reconstructionsArePicturesAndCodesAreOnes(Autoencoder.Kind kind) {
    Autoencoder model = kind.create(TINY, Random.of(1));
    Tensor back = model.reconstruct(pictures());
    assertThat(back.shape()).isEqualTo(Shape.of(3, 3, 8, 8));
    for (float x : back.toFloats()) {
      assertThat(x).isBetween(0f, 1f);
    }
    if (kind.hasCodebook()) {
      Tensor tokens = model.tokens(pictures());
      assertThat(tokens.shape()).isEqualTo(Shape.of(3, 16));
      assertThat(Arrays.stream(tokens.toInts())).allMatch(t -> t >= 0 && t < 10);
    } else {
      assertThatThrownBy(() -> model.tokens(pictures())).hasMessage(kind + " has no codes");
    }
  }

  // ---- Gaussian VAE ----

  /// The closed form against `∫ q ln(q/p)` by the midpoint rule over 24 standard deviations.
  @ParameterizedTest
  @CsvSource({"0, 1", "1.5, 1", "-0.7, 0.2", "2, 3", "0, 0.05"})
  void theGaussianDivergenceIsTheIntegral(double mean, double sigma) {
    int n = 40_000;
    double h = 24 * sigma / n;
    double integral = 0;
    for (int i = 0; i < n; i++) {
      double x = mean - 12 * sigma + (i + 0.5) * h;
      double lnQ = -0.5 * Math.pow((x - mean) / sigma, 2) - Math.log(sigma);
      integral += Math.exp(lnQ) / Math.sqrt(2 * Math.PI) * (lnQ + 0.5 * x * x) * h;
    }
    double[] means = {mean, 0, mean, 0};
    double lnVariance = 2 * Math.log(sigma);
    double[] logs = {lnVariance, 0, lnVariance, 0};
    Variable kl =
        GaussianVae.divergence(
            Variable.of(Tensor.of(means, 2, 2)), Variable.of(Tensor.of(logs, 2, 2)));
    assertThat(kl.item()).isCloseTo(integral, within(1e-6 * (1 + integral)));
  }

  @Test
  void theGaussianLossIsTheNegativeBoundPerChannelValue() {
    DiscreteVae.Loss loss = new GaussianVae(TINY, Random.of(1)).loss(pictures(), AT, pass());
    assertThat(loss.kl()).isPositive();
    // 16 positions of the grid against 3·8·8 channel values
    assertThat(loss.loss().item())
        .isCloseTo(loss.nll() + loss.kl() * 16 / (3 * 8 * 8), within(1e-5));
  }

  @Test
  void gaussianSamplesHaveTheMomentsThatWereAsked() {
    Tensor mean = Tensor.full(Shape.of(20_000), 1.5, DType.F64);
    Tensor lnVariance = Tensor.full(Shape.of(20_000), 2 * Math.log(0.3), DType.F64);
    double[] z =
        GaussianVae.sample(Variable.of(mean), Variable.of(lnVariance), Random.of(5))
            .value()
            .toDoubles();
    double sum = 0;
    double squares = 0;
    for (double x : z) {
      sum += x;
      squares += (x - 1.5) * (x - 1.5);
    }
    assertThat(sum / z.length).isCloseTo(1.5, within(0.01));
    assertThat(Math.sqrt(squares / z.length)).isCloseTo(0.3, within(0.01));
  }

  @Test
  void theGridHasThePicturesAtItsCornersAndMixesBetween() {
    GaussianVae vae = new GaussianVae(TINY, Random.of(1));
    Tensor corners = Random.of(4).uniform(Shape.of(4, 3, 8, 8));
    Tensor grid = vae.grid(corners, 3);
    assertThat(grid.shape()).isEqualTo(Shape.of(9, 3, 8, 8));
    Tensor back = vae.reconstruct(corners);
    int[] places = {0, 2, 6, 8};
    for (int i = 0; i < 4; i++) {
      assertThat(grid.select(0, places[i]).toFloats())
          .containsExactly(back.select(0, i).toFloats(), within(1e-5f));
    }
    Tensor middle = vae.encode(corners).mean(0).reshape(1, 16, 6);
    assertThat(grid.select(0, 4).toFloats())
        .containsExactly(vae.decode(middle).select(0, 0).toFloats(), within(1e-5f));
    assertThat(vae.sample(2, Random.of(6)).shape()).isEqualTo(Shape.of(2, 3, 8, 8));
  }

  // ---- VQ-VAE ----

  @Test
  void theNearestCodeIsTheNearest() {
    Tensor z = Random.of(7).normal(Shape.of(5, 4, 3));
    Tensor codebook = Random.of(8).normal(Shape.of(9, 3));
    int[] nearest = VqVae.nearest(z, codebook).toInts();
    for (int i = 0; i < 20; i++) {
      int best = 0;
      for (int k = 0; k < 9; k++) {
        best = distance(z, i, codebook, k) < distance(z, i, codebook, best) ? k : best;
      }
      assertThat(nearest[i]).isEqualTo(best);
    }
  }

  private static double distance(Tensor z, int i, Tensor codebook, int k) {
    double sum = 0;
    for (int j = 0; j < 3; j++) {
      double d = z.get(i / 4, i % 4, j) - codebook.get(k, j);
      sum += d * d;
    }
    return sum;
  }

  /// The value is the code's, and the gradient passes as through the identity.
  @Test
  void straightThroughIsTheIdentityToGradients() {
    Variable z = Variable.leaf(Random.of(9).normal(Shape.of(2, 3), DType.F64));
    Tensor code = Random.of(10).normal(Shape.of(2, 3), DType.F64);
    Tensor weight = Random.of(11).normal(Shape.of(2, 3), DType.F64);
    Variable out = VqVae.straightThrough(z, code);
    assertThat(out.value().toDoubles()).containsExactly(code.toDoubles(), within(1e-12));
    Tensor gradient = Autograd.backward(out.mul(Variable.of(weight)).sum()).of(z);
    assertThat(gradient.toDoubles()).isEqualTo(weight.toDoubles());
  }

  /// The likelihood moves the encoder and not the codebook; codes move towards their vectors only.
  @Test
  void codesMoveTowardsTheVectorsThatChooseThem() {
    VqVae vae = new VqVae(TINY, Random.of(1));
    Parameter codebook = vae.namedParameters().get("codebook");
    int[] tokens = vae.tokens(pictures()).toInts();
    Tensor gradient = Autograd.backward(vae.loss(pictures(), AT, pass()).loss()).of(codebook);
    for (int k = 0; k < 10; k++) {
      int code = k;
      boolean chosen = Arrays.stream(tokens).anyMatch(t -> t == code);
      Tensor row = gradient.select(0, k);
      assertThat(row.mul(row).sum().item() > 0).as("code %d", k).isEqualTo(chosen);
    }
  }
}
