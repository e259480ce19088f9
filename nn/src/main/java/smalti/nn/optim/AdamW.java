package smalti.nn.optim;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import smalti.autograd.Gradients;
import smalti.nn.Parameter;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

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

  private final Map<String, Parameter> parameters;
  private final Config config;
  private final Predicate<String> decays;
  private final Map<String, Tensor> means = new LinkedHashMap<>();
  private final Map<String, Tensor> variances = new LinkedHashMap<>();
  private long steps;

  /// Makes an optimiser.
  ///
  /// @param parameters by name, as [smalti.nn.Module#namedParameters] returns them
  /// @param decays which names weight decay applies to
  public AdamW(Map<String, Parameter> parameters, Config config, Predicate<String> decays) {
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
    Map<String, Tensor> scaled = new LinkedHashMap<>();
    parameters.forEach((name, p) -> {
      Tensor g = gradients.get(p);
      if (g != null) {
        scaled.put(name, scale == 1 ? g : g.mul(scale));
      }
    });
    step(scaled, lr);
  }

  /// Changes all parameters that have a gradient.
  ///
  /// @param scale a scalar, as [GradientClip#factor(Tensor, double)] returns it
  public void step(Gradients gradients, double lr, Tensor scale) {
    Map<String, Tensor> scaled = new LinkedHashMap<>();
    parameters.forEach((name, p) -> {
      Tensor g = gradients.get(p);
      if (g != null) {
        scaled.put(name, g.mul(scale));
      }
    });
    step(scaled, lr);
  }

  private void step(Map<String, Tensor> gradients, double lr) {
    steps++;
    parameters.forEach((name, p) -> {
      Tensor g = gradients.get(name);
      if (g != null) {
        Backends.current()
            .adamStep(
                p.value(),
                g,
                lr,
                config.beta1(),
                config.beta2(),
                config.eps(),
                decays.test(name) ? config.weightDecay() : 0,
                steps,
                moment(means, name),
                moment(variances, name));
      }
    });
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
