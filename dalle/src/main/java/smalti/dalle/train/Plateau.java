package smalti.dalle.train;

import smalti.tensor.Tensor;

/// Halves the step size when the training loss no longer falls: the paper did so by eye, five times
/// (appendix B.2). The loss is smoothed over a fifth of the patience; when the smoothed loss has
/// found no new lowest value, lower by a thousandth, for as many updates as the patience says, the
/// step size is halved and the wait begins anew.
public final class Plateau {
  /// The paper halved as often: the last step size is 1/32 of the first.
  static final int MOST = 5;

  private static final double BETTER = 1e-3;

  private final int patience;
  private double smoothed = Double.NaN;
  private double best = Double.POSITIVE_INFINITY;
  private long since;
  private long halvings;

  /// Begins with the full step size.
  ///
  /// @param patience updates; 0 never halves by itself
  public Plateau(int patience) {
    this.patience = patience;
  }

  /// Takes the loss of an update.
  ///
  /// @return whether the step size was halved
  public boolean add(double loss) {
    if (patience == 0) {
      return false;
    }
    double keep = Math.exp(-5.0 / patience);
    smoothed = Double.isNaN(smoothed) ? loss : keep * smoothed + (1 - keep) * loss;
    since++;
    if (smoothed < best * (1 - BETTER)) {
      best = smoothed;
      since = 0;
    }
    if (since < patience || halvings >= MOST) {
      return false;
    }
    halve();
    return true;
  }

  /// Halves the step size by command.
  public void halve() {
    halvings++;
    since = 0;
    best = Double.isNaN(smoothed) ? best : smoothed;
  }

  /// Returns the factor of the step size.
  public double factor() {
    return Math.scalb(1.0, (int) -halvings);
  }

  /// Returns all that is needed to go on, F64 (4).
  Tensor state() {
    return Tensor.of(new double[] {smoothed, best, since, halvings}, 4);
  }

  /// Takes what [#state] returned.
  void load(Tensor state) {
    double[] all = state.toDoubles();
    smoothed = all[0];
    best = all[1];
    since = (long) all[2];
    halvings = (long) all[3];
  }
}
