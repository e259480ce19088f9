package smalti.nn.optim;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import smalti.autograd.Gradients;
import smalti.nn.Parameter;
import smalti.nn.precision.FloatFormat;
import smalti.tensor.Shape;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.memory.Recycler;

/// Is Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019). With
/// decay 0 it is Adam.
public final class AdamW {
  /// Holds the constants of the rule.
  ///
  /// @param beta1 decay of the mean of gradients
  /// @param beta2 decay of the mean of squared gradients
  /// @param eps is added to the root of the variance
  /// @param weightDecay is multiplied by the learning rate
  public record Config(double beta1, double beta2, double eps, double weightDecay) {
    /// Checks the ranges.
    public Config {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && eps > 0 && weightDecay >= 0)) {
        throw new IllegalArgumentException(
            "AdamW: needs 0 ≤ β < 1, eps > 0, weight decay ≥ 0; got β1 %s, β2 %s, eps %s, decay %s"
                .formatted(beta1, beta2, eps, weightDecay));
      }
    }

    /// Returns Adam's constants: 0.9, 0.999, 1e-8, no decay.
    public static Config adam() {
      return new Config(0.9, 0.999, 1e-8, 0);
    }
  }

  /// Says how moments are kept.
  ///
  /// @param varianceClip the largest mean of squared gradients; larger ones are cut (Ramesh et al.
  ///   2021, appendix B.2: 5)
  /// @param small names of the parameters whose moments are kept in 16 bits, 1-6-9 and 0-6-10
  public record Moments(double varianceClip, Predicate<String> small) {
    /// Checks the clip.
    public Moments {
      if (!(varianceClip > 0)) {
        throw new IllegalArgumentException(
            "AdamW: the variance's clip must be positive; got " + varianceClip);
      }
    }

    /// Returns the plain way: 32 bits, nothing cut.
    public static Moments plain() {
      return new Moments(Double.POSITIVE_INFINITY, name -> false);
    }
  }

  private final Map<String, Parameter> parameters;
  private final Config config;
  private final Predicate<String> decays;
  private final Moments kept;
  private final Map<String, Tensor> means = new LinkedHashMap<>();
  private final Map<String, Tensor> variances = new LinkedHashMap<>();
  private long steps;

  /// Makes an optimiser.
  ///
  /// @param parameters by name, as [smalti.nn.Module#namedParameters] returns them
  /// @param decays which names weight decay applies to
  public AdamW(Map<String, Parameter> parameters, Config config, Predicate<String> decays) {
    this(parameters, config, decays, Moments.plain());
  }

  /// Makes an optimiser that keeps its moments in a certain way.
  public AdamW(
      Map<String, Parameter> parameters, Config config, Predicate<String> decays, Moments kept) {
    this.kept = kept;
    this.parameters = new LinkedHashMap<>(parameters);
    this.config = config;
    this.decays = decays;
    this.parameters.forEach((name, p) -> {
      means.put(name, p.value().zerosLike());
      variances.put(name, p.value().zerosLike());
    });
  }

  /// Returns Adam: no weight decay.
  public static AdamW adam(Map<String, Parameter> parameters) {
    return new AdamW(parameters, Config.adam(), name -> false);
  }

  /// Changes all parameters that have a gradient.
  ///
  /// @param lr the learning rate of this step
  /// @param scale is multiplied into every gradient, as clipping wants
  public void step(Gradients gradients, double lr, double scale) {
    steps++;
    parameters.forEach((name, p) -> {
      Tensor g = gradients.get(p);
      if (g != null && scale == 1) {
        step(name, p.value(), g, lr);
      } else if (g != null) {
        Tensor scaled = g.mul(scale);
        step(name, p.value(), scaled, lr);
        Recycler.release(scaled);
      }
    });
  }

  /// Changes all parameters that have a gradient.
  ///
  /// @param scale a scalar, as [GradientClip#factor(Tensor, double)] returns it; one that is on a
  ///   device is not read
  public void step(Gradients gradients, double lr, Tensor scale) {
    if (!(scale.storage() instanceof Storage.DeviceStorage)) {
      step(gradients, lr, scale.item());
      return;
    }
    // One kind of work after the other: a device does it for all of them together.
    Map<String, Tensor> scaled = new LinkedHashMap<>();
    parameters.forEach((name, p) -> {
      Tensor g = gradients.get(p);
      if (g != null) {
        scaled.put(name, g.mul(scale));
      }
    });
    steps++;
    parameters.forEach((name, p) -> {
      Tensor g = scaled.get(name);
      if (g != null) {
        step(name, p.value(), g, lr);
      }
    });
  }

  private void step(String name, Tensor value, Tensor g, double lr) {
    Tensor mean = moment(means, name);
    Tensor variance = moment(variances, name);
    double decay = decays.test(name) ? config.weightDecay() : 0;
    if (exceeds(variance, g)) {
      clippedStep(value, g, lr, decay, mean, variance);
    } else {
      Backends.current()
          .adamStep(
              value,
              g,
              lr,
              config.beta1(),
              config.beta2(),
              config.eps(),
              decay,
              steps,
              mean,
              variance);
    }
    if (kept.small().test(name)) {
      FloatFormat.F1_6_9.round(mean, true);
      FloatFormat.F0_6_10.round(variance, true);
    }
  }

  /// Returns whether a mean of squared gradients would become larger than the clip: rarely. Mostly
  /// the largest of both parts show that none would, without a tensor of their size.
  private boolean exceeds(Tensor variance, Tensor g) {
    if (Double.isInfinite(kept.varianceClip())) {
      return false;
    }
    double largest = Math.max(g.max().item(), -g.reduce(ReduceOp.MIN, false).item());
    double most = config.beta2() * variance.max().item() + (1 - config.beta2()) * largest * largest;
    return most >= 0.99 * kept.varianceClip()
        && mixed(variance, g).max().item() > kept.varianceClip();
  }

  private Tensor mixed(Tensor variance, Tensor g) {
    return variance.mul(config.beta2()).add(g.mul(g).mul(1 - config.beta2()));
  }

  /// Does what the kernel does, op by op, with the variance cut.
  private void clippedStep(
      Tensor value, Tensor g, double lr, double decay, Tensor mean, Tensor variance) {
    Backends.current().axpby(1 - config.beta1(), g, config.beta1(), mean);
    Tensor clip = Tensor.full(Shape.SCALAR, kept.varianceClip(), variance.dtype());
    Tensor cut = mixed(variance, g).binary(BinaryOp.MINIMUM, clip);
    Backends.current().copy(cut, variance);
    Tensor root =
        cut.mul(1 / (1 - Math.pow(config.beta2(), steps))).unary(UnaryOp.SQRT).add(config.eps());
    Tensor change = mean.div(root);
    double rate = lr / (1 - Math.pow(config.beta1(), steps));
    Backends.current().axpby(-rate, change, 1 - lr * decay, value);
  }

  private static Tensor moment(Map<String, Tensor> moments, String name) {
    Tensor t = moments.get(name);
    if (t == null) {
      throw new IllegalStateException("AdamW: no moment for " + name);
    }
    return t;
  }

  /// Returns the number of steps done.
  public long steps() {
    return steps;
  }

  /// Returns the live moments by name, `m.NAME` and `v.NAME`.
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    means.forEach((name, t) -> state.put("m." + name, t));
    variances.forEach((name, t) -> state.put("v." + name, t));
    return state;
  }

  /// Copies moments and the step count in. Nothing is changed unless every moment fits.
  ///
  /// @throws IllegalArgumentException if a moment is missing or of another shape
  public void load(Map<String, Tensor> state, long stepsDone) {
    Map<String, Tensor> mine = state();
    mine.forEach((name, t) -> {
      Tensor from = state.get(name);
      if (from == null || !from.shape().equals(t.shape())) {
        throw new IllegalArgumentException(
            "optimiser state: %s should have shape %s; the file has %s"
                .formatted(name, t.shape(), from == null ? "none" : from.shape()));
      }
    });
    mine.forEach((name, t) -> {
      Tensor from = state.get(name);
      if (from != null) {
        Backends.current().copy(from, t);
      }
    });
    steps = stepsDone;
  }
}
