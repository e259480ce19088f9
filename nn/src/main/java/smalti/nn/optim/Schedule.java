package smalti.nn.optim;

/// Gives a number for each step of a training: a learning rate, a temperature, a loss weight.
@FunctionalInterface
public interface Schedule {

  /// Returns the value at a step, counted from 0.
  double at(long step);

  /// Returns the same value always.
  static Schedule constant(double value) {
    return step -> value;
  }

  /// Goes from one value to another in a straight line, then stays.
  static Schedule linear(double from, double to, long steps) {
    return step -> from + (to - from) * progress(step, steps);
  }

  /// Goes from one value to another along half a cosine wave, then stays.
  static Schedule cosine(double from, double to, long steps) {
    if (from == to) {
      return constant(to); // infinite ones, too
    }
    return step -> to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * progress(step, steps)));
  }

  /// Rises in a straight line from 0 over the first steps (the first one is already above 0), then
  /// goes on as `after` does from its own step 0.
  static Schedule warmup(long steps, Schedule after) {
    return step -> step < steps ? after.at(0) * (step + 1) / steps : after.at(step - steps);
  }

  private static double progress(long step, long steps) {
    return steps <= 0 ? 1 : Math.clamp((double) step / steps, 0, 1);
  }
}
