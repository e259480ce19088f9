package smalti.dalle.train;

/// Says that a training's loss is no longer a number.
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DivergedException(String stage, long step, double loss) {
    super(
        "%s: the loss became %s at step %d; lower the step size or change the seed, then resume from the last checkpoint"
            .formatted(stage, loss, step));
  }

  static double check(String stage, long step, double loss) {
    if (!Double.isFinite(loss)) {
      throw new DivergedException(stage, step, loss);
    }
    return loss;
  }
}
