package smalti.nn.optim;

import java.util.LinkedHashMap;
import java.util.Map;
import smalti.nn.Module;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Keeps an exponential moving average of a module's parameters.
public final class Ema {
  private final Module module;
  private final double decay;
  private final Map<String, Tensor> average = new LinkedHashMap<>();
  private long updates;

  /// Begins the average at the parameters as they are.
  ///
  /// Early on, less of the average stays than the decay says: `(1 + n)/(10 + n)` after `n` updates,
  /// so that the first numbers are forgotten.
  ///
  /// @param decay how much of the average stays at an update, in `[0, 1)`
  /// @throws IllegalArgumentException if `decay` is outside
  public Ema(Module module, double decay) {
    if (!(decay >= 0 && decay < 1)) {
      throw new IllegalArgumentException("Ema: decay must be in [0, 1); got " + decay);
    }
    this.module = module;
    this.decay = decay;
    module.state().forEach((name, t) -> average.put(name, t.copy()));
  }

  /// Takes the parameters as they are now into the average.
  public void update() {
    double keep = Math.min(decay, (1.0 + updates) / (10.0 + updates));
    updates++;
    Map<String, Tensor> now = module.state();
    average.forEach((name, t) -> {
      Tensor current = now.get(name);
      if (current != null) {
        Backends.current().axpby(1 - keep, current, keep, t);
      }
    });
  }

  /// Returns the live averages by parameter name.
  public Map<String, Tensor> state() {
    return average;
  }

  /// Returns the number of updates done.
  public long updates() {
    return updates;
  }

  /// Copies averages and the update count in. Nothing is changed unless every average fits.
  ///
  /// @throws IllegalArgumentException if an average is missing or of another shape
  public void load(Map<String, Tensor> state, long updatesDone) {
    average.forEach((name, t) -> {
      Tensor from = state.get(name);
      if (from == null || !from.shape().equals(t.shape())) {
        throw new IllegalArgumentException(
            "average: %s should have shape %s; the file has %s"
                .formatted(name, t.shape(), from == null ? "none" : from.shape()));
      }
    });
    average.forEach((name, t) -> {
      Tensor from = state.get(name);
      if (from != null) {
        Backends.current().copy(from, t);
      }
    });
    updates = updatesDone;
  }

  /// Runs an action with the averages in the module's place and puts the parameters back after.
  public void during(Runnable action) {
    Map<String, Tensor> saved = new LinkedHashMap<>();
    module.state().forEach((name, t) -> saved.put(name, t.copy()));
    module.load(average);
    try {
      action.run();
    } finally {
      module.load(saved);
    }
  }
}
