package smalti.autograd.check;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.autograd.op.Sample;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Compares vector–Jacobian products with central differences, in F64 on the reference backend.
///
/// Always, for each input, along a random direction `v` and for a random output gradient `u`: `⟨u,
/// J·v⟩` by differences against `⟨vjp(u), v⟩`, at the price of two evaluations. Where input and
/// output are small, also every entry of the Jacobian `J`, so that the report names the place.
///
/// ```java
/// GradCheck.of("swish", v -> v.get(0).mul(v.get(0).sigmoid()), 7, x).assertCorrect();
/// ```
public final class GradCheck {
  /// The step of the differences, times `max(1, |x|)`.
  public static final double EPSILON = 1e-6;

  /// The largest difference accepted, relative to the larger of 1 and the two numbers compared.
  public static final double TOLERANCE = 1e-6;

  /// The largest number of elements of input and output whose whole Jacobian is compared.
  public static final int JACOBIAN = 64;

  /// Is what a check found.
  ///
  /// @param subject what was checked
  /// @param shapes the shapes of the inputs
  /// @param seed the seed of the random directions
  /// @param worst the largest difference; null if no input has a gradient
  public record Result(String subject, List<Shape> shapes, long seed, @Nullable Difference worst) {

    /// Returns whether all differences are within [#TOLERANCE].
    public boolean correct() {
      return worst == null || worst.error() <= TOLERANCE;
    }

    /// Does nothing if the gradient is right.
    ///
    /// @throws AssertionError if it is not, saying where
    public void assertCorrect() {
      if (!correct()) {
        throw new AssertionError(toString());
      }
    }

    /// Returns the subject, its input shapes, the seed and the worst difference.
    @Override
    public String toString() {
      return "%s: the gradient is %s; inputs %s, seed %d; %s"
          .formatted(subject, correct() ? "right" : "wrong", shapes, seed, worst);
    }
  }

  /// Is one number computed in both ways.
  ///
  /// @param argument which input, from 0
  /// @param place along a direction, or which entry of the Jacobian
  /// @param analytic the number by the vector–Jacobian product
  /// @param numeric the number by central differences
  public record Difference(int argument, String place, double analytic, double numeric) {

    /// Returns the difference relative to the larger of 1 and the two numbers; infinite if one is
    /// not a number.
    public double error() {
      double scale = Math.max(1, Math.max(Math.abs(analytic), Math.abs(numeric)));
      double error = Math.abs(analytic - numeric) / scale;
      return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
    }

    /// Returns the place and both numbers.
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "argument %d, %s: analytic %.9g, numeric %.9g (error %.2g)",
          argument,
          place,
          analytic,
          numeric,
          error());
    }
  }

  private GradCheck() {}

  /// Checks one application of an op.
  ///
  /// @throws IllegalArgumentException if an input is neither F64 nor I32
  public static Result of(Sample sample, long seed) {
    return of(
        sample.op().toString(),
        v -> Autograd.apply(sample.op(), v.toArray(Variable[]::new)),
        seed,
        sample.inputs().toArray(Tensor[]::new));
  }

  /// Checks a function of variables.
  ///
  /// @param name what the report calls it
  /// @param function gives the same result for the same inputs
  /// @param seed decides the random directions
  /// @param inputs F64, differentiated; or I32, not differentiated
  /// @throws IllegalArgumentException if an input is neither F64 nor I32
  /// @throws IllegalStateException if two calls give different results
  public static Result of(
      String name, Function<List<Variable>, Variable> function, long seed, Tensor... inputs) {
    return Backends.with(
        Backends.reference(), () -> compare(name, new Probe(name, function, inputs), seed));
  }

  private static Result compare(String name, Probe probe, long seed) {
    Random random = Random.of(seed);
    Difference worst = null;
    double[] u = probe.normal(random, probe.outputs());
    double[][] gradients = probe.vjp(u);
    for (int i = 0; i < probe.inputs(); i++) {
      if (!probe.isDifferentiated(i)) {
        continue;
      }
      double[] v = probe.normal(random, probe.elements(i));
      double analytic = Probe.dot(gradients[i], v);
      double numeric = Probe.dot(u, probe.difference(i, v));
      worst = worse(worst, new Difference(i, "along a random direction", analytic, numeric));
      if (Math.max(probe.elements(i), probe.outputs()) <= JACOBIAN) {
        worst = worse(worst, jacobian(probe, i));
      }
    }
    return new Result(name, probe.shapes(), seed, worst);
  }

  /// Returns the worst entry of the Jacobian: rows by products with unit vectors, columns by
  /// differences.
  private static @Nullable Difference jacobian(Probe probe, int argument) {
    double[][] rows = new double[probe.outputs()][];
    for (int o = 0; o < rows.length; o++) {
      double[] unit = new double[probe.outputs()];
      unit[o] = 1;
      rows[o] = probe.vjp(unit)[argument];
    }
    Difference worst = null;
    for (int j = 0; j < probe.elements(argument); j++) {
      double[] unit = new double[probe.elements(argument)];
      unit[j] = 1;
      double[] column = probe.difference(argument, unit);
      for (int o = 0; o < rows.length; o++) {
        String place =
            "element %s, result element %s"
                .formatted(probe.index(argument, j), probe.outputIndex(o));
        worst = worse(worst, new Difference(argument, place, rows[o][j], column[o]));
      }
    }
    return worst;
  }

  /// Returns the larger difference; of two wrong ones the later, as entries come after directions
  /// and say more.
  private static @Nullable Difference worse(@Nullable Difference a, @Nullable Difference b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    boolean tells = b.error() > TOLERANCE && a.place().startsWith("along");
    return tells || b.error() > a.error() ? b : a;
  }
}
