package smalti.dalle.train;

import smalti.nn.optim.Schedule;

/// Says how a transformer is trained; the paper's values (appendix B.2) are given for comparison.
///
/// @param steps number of updates (paper: 430,000)
/// @param batch captioned pictures of an update (paper: 1024)
/// @param lr largest step size (paper: 4.5e-4)
/// @param lrEnd step size at the end, reached along half a cosine (paper: lr/32, by halving)
/// @param warmup fraction of the run over which the step size rises from 0 (paper: 5,000 updates)
/// @param adamBeta2 decay of the squared gradients' mean (paper: 0.96)
/// @param weightDecay decoupled weight decay of matrices; gains, biases and embeddings are excluded
///   (paper: 4.5e-2)
/// @param clip largest gradient norm (paper: 4)
/// @param bpeDropout probability of skipping a BPE merge while training (paper: 0.1)
/// @param captionDropout probability of training a picture with an empty caption, which sampling
///   with guidance needs (paper: 0)
/// @param tokenDropoutEnd what part of the model's token dropout is left at the end, reached along
///   half a cosine: 1 keeps it, 0 lets the last updates see what sampling will see
/// @param atScale what long runs of large models need besides
public record DalleRecipe(
    long steps,
    int batch,
    double lr,
    double lrEnd,
    double warmup,
    double adamBeta2,
    double weightDecay,
    double clip,
    double bpeDropout,
    double captionDropout,
    double tokenDropoutEnd,
    AtScale atScale) {

  /// Makes a recipe for short runs of small models.
  public DalleRecipe(
      long steps,
      int batch,
      double lr,
      double lrEnd,
      double warmup,
      double adamBeta2,
      double weightDecay,
      double clip,
      double bpeDropout,
      double captionDropout,
      double tokenDropoutEnd) {
    this(
        steps,
        batch,
        lr,
        lrEnd,
        warmup,
        adamBeta2,
        weightDecay,
        clip,
        bpeDropout,
        captionDropout,
        tokenDropoutEnd,
        AtScale.off());
  }

  /// Returns the paper's recipe (appendix B.2).
  public static DalleRecipe published() {
    double lr = 4.5e-4;
    long steps = 430_000;
    return new DalleRecipe(
        steps, 1024, lr, lr / 32, 5000.0 / steps, 0.96, 4.5e-2, 4, 0.1, 0, 1, AtScale.published());
  }

  /// Checks what a typing error could break.
  ///
  /// @throws IllegalArgumentException if a number is out of range
  public DalleRecipe {
    if (batch % atScale.accumulate() != 0) {
      throw new IllegalArgumentException(
          "DalleRecipe: a batch of %d is not %d equal parts"
              .formatted(batch, atScale.accumulate()));
    }
    if (steps < 1 || batch < 1 || !(lr > 0) || !(bpeDropout >= 0 && bpeDropout < 1)) {
      throw new IllegalArgumentException(
          "DalleRecipe: steps, batch and lr must be positive, bpeDropout in [0, 1); got steps %d,"
                  .formatted(steps)
              + " batch %d, lr %s, bpeDropout %s".formatted(batch, lr, bpeDropout));
    }
    if (!(captionDropout >= 0 && captionDropout < 1)) {
      throw new IllegalArgumentException(
          "DalleRecipe: captionDropout must be in [0, 1); got " + captionDropout);
    }
    if (!(tokenDropoutEnd >= 0 && tokenDropoutEnd <= 1)) {
      throw new IllegalArgumentException(
          "DalleRecipe: tokenDropoutEnd must be in [0, 1]; got " + tokenDropoutEnd);
    }
  }

  /// Returns the recipe with another number of steps.
  public DalleRecipe withSteps(long steps) {
    return new DalleRecipe(
        steps,
        batch,
        lr,
        lrEnd,
        warmup,
        adamBeta2,
        weightDecay,
        clip,
        bpeDropout,
        captionDropout,
        tokenDropoutEnd,
        atScale);
  }

  /// Returns what part of the model's token dropout applies at each update.
  public Schedule tokenDropoutSchedule() {
    return Schedule.cosine(1, tokenDropoutEnd, steps);
  }

  /// Returns the step size of each update, before any halving.
  public Schedule lrSchedule() {
    long warm = Math.round(warmup * steps);
    return Schedule.warmup(
        warm,
        atScale.plateau() > 0 ? Schedule.constant(lr) : Schedule.cosine(lr, lrEnd, steps - warm));
  }
}
