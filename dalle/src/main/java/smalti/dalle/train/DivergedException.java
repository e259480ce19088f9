package smalti.dalle.train;

import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Says that a training's loss or gradient is no longer a number.
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// Makes the message: where, what, and what to do about it.
  ///
  /// @param step the update at which it was found
  /// @param what went wrong, as in `the loss became NaN`
  public DivergedException(String stage, long step, String what) {
    super(
        ("%s: %s at step %d; what was saved before stays as it is. Lower lr in config.json and go"
                + " on with --resume, or begin anew with another --seed")
            .formatted(stage, what, step));
  }

  /// Returns a number if it is finite.
  ///
  /// @throws DivergedException otherwise
  static double check(String stage, long step, String what, double value) {
    if (!Double.isFinite(value)) {
      throw new DivergedException(stage, step, "the %s became %s".formatted(what, value));
    }
    return value;
  }

  /// Checks a scalar that is on the host before anything is changed. One on a device is not read
  /// within a step; it is checked when the step is over.
  ///
  /// @throws DivergedException if it is on the host and not finite
  static void checkOnHost(String stage, long step, String what, Tensor value) {
    if (!(value.storage() instanceof Storage.DeviceStorage)) {
      check(stage, step, what, value.item());
    }
  }
}
