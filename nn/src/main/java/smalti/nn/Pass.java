package smalti.nn;

import smalti.tensor.Random;

/// Says how a forward pass runs.
///
/// @param training whether dropout and the like are on
/// @param random where random numbers come from; each part splits off its own by name, so that a
///   recomputed part draws the same numbers again
public record Pass(boolean training, Random random) {
  private static final Pass INFERENCE = new Pass(false, Random.of(0));

  /// Returns the pass without dropout.
  public static Pass inference() {
    return INFERENCE;
  }

  /// Returns a training pass.
  public static Pass training(Random random) {
    return new Pass(true, random);
  }

  /// Returns this pass with the random numbers of a named part.
  public Pass child(String name) {
    return training ? new Pass(true, random.split(name)) : this;
  }
}
