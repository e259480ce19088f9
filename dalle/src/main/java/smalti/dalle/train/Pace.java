package smalti.dalle.train;

/// Averages how long an update takes: over all of them at first, then over the last twenty or so.
///
/// The first is unlike the rest, since code is compiled in it, on a device every kernel; it counts
/// only until there is another.
final class Pace {
  private static final double LEAST_WEIGHT = 0.05;

  private double mean;
  private int updates;

  void add(double seconds) {
    updates++;
    double weight = Math.max(LEAST_WEIGHT, 1.0 / Math.max(1, updates - 1));
    mean += weight * (seconds - mean);
  }

  /// Returns the seconds of an update.
  double seconds() {
    return mean;
  }
}
