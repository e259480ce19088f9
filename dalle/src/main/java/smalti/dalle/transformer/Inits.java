package smalti.dalle.transformer;

/// Holds the scale of the initial weights.
final class Inits {
  /// Standard deviation of a weight times the root of its fan-in. Child et al. 2019 use 0.125 for
  /// stacks of 30 layers and more; short stacks learn faster from larger weights.
  static final double GAIN = 0.5;

  private Inits() {}
}
