package smalti.dalle.train;

import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.Likelihood;
import smalti.nn.optim.Schedule;

/// Says how a discrete VAE is trained. Lengths of schedules are fractions of the run, so that a
/// recipe scales with its number of steps; the paper's (appendix A.2) are given for comparison.
///
/// @param steps number of updates (paper: 3,000,000)
/// @param batch pictures of an update (paper: 512)
/// @param lr step size at the start, after warm-up (paper: 1e-4)
/// @param lrEnd step size at the end, reached along half a cosine (paper: 1.25e-6)
/// @param lrAnneal fraction of the run, after warm-up, over which it falls (paper: 2/5)
/// @param warmup fraction of the run over which the step size rises from 0 (paper: none)
/// @param adamBeta2 decay of the squared gradients' mean (paper: 0.999)
/// @param weightDecay decoupled weight decay (paper: 1e-4)
/// @param clip largest gradient norm (paper: none)
/// @param beta weight of the divergence at the end (paper: 6.6)
/// @param betaStart weight of the divergence at the start (paper: 0)
/// @param betaAnneal fraction of the run over which it rises, along half a cosine (paper: 1/600)
/// @param tau temperature at the end (paper: 1/16)
/// @param tauStart temperature at the start (paper: 1)
/// @param tauAnneal fraction of the run over which it falls, along half a cosine (paper: 1/20)
/// @param gamma weight of the balance of codes at the end (paper: 0; see [DiscreteVae.Annealing])
/// @param gammaStart the same at the start; it changes as `beta` does
/// @param floorStart least `ln b` of the likelihood at the start (paper: none)
/// @param floor least `ln b` at half of the run and after (paper: none)
/// @param ema decay of the average of weights that is evaluated and kept (paper: 0.999)
/// @param straightThrough whether the decoder sees hard samples (paper: no)
/// @param flip whether pictures are mirrored at random (paper: yes)
/// @param collage how many further pictures are tried on the empty places of each, for drawings on
///   white, whose tokens would mostly be white (paper: 0)
/// @param crops whether each update sees random crops of its pictures (listing 1; paper: yes)
/// @param squaredError standard deviation, in squeezed pixels, of a normal likelihood in place of
///   the logit-Laplace one; 0 for the latter (paper: 0)
public record VaeRecipe(
    long steps,
    int batch,
    double lr,
    double lrEnd,
    double lrAnneal,
    double warmup,
    double adamBeta2,
    double weightDecay,
    double clip,
    double beta,
    double betaStart,
    double betaAnneal,
    double tau,
    double tauStart,
    double tauAnneal,
    double gamma,
    double gammaStart,
    double floorStart,
    double floor,
    double ema,
    boolean straightThrough,
    boolean flip,
    int collage,
    boolean crops,
    double squaredError) {

  /// Checks what a typing error could break.
  ///
  /// @throws IllegalArgumentException if a number is out of range
  public VaeRecipe {
    if (steps < 1 || batch < 1 || !(lr > 0) || !(tau > 0) || !(tauStart > 0) || !(beta >= 0)) {
      throw new IllegalArgumentException(
          "VaeRecipe: steps, batch, lr and tau must be positive, beta not negative; got steps %d,"
                  .formatted(steps)
              + " batch %d, lr %s, tau %s, beta %s".formatted(batch, lr, tau, beta));
    }
    if (collage < 0 || (collage > 0 && crops)) {
      throw new IllegalArgumentException(
          "VaeRecipe: collage is 0 or more, and 0 with crops; got " + collage);
    }
    if (!(squaredError >= 0) || Double.isInfinite(squaredError)) {
      throw new IllegalArgumentException(
          "VaeRecipe: squaredError is a standard deviation, or 0; got " + squaredError);
    }
  }

  /// Returns the recipe of the paper (appendix A.2), at its length: 3,000,000 updates of 512
  /// pictures.
  public static VaeRecipe paper() {
    double none = Double.NEGATIVE_INFINITY;
    return new VaeRecipe(
        3_000_000,
        512,
        1e-4,
        1.25e-6,
        1.2 / 3,
        0,
        0.999,
        1e-4,
        Double.POSITIVE_INFINITY,
        6.6,
        0,
        5e3 / 3e6,
        1.0 / 16,
        1,
        150e3 / 3e6,
        0,
        0,
        none,
        none,
        0.999,
        false,
        true,
        0,
        true,
        0);
  }

  /// Returns the recipe with another number of steps.
  public VaeRecipe withSteps(long steps) {
    return new VaeRecipe(
        steps,
        batch,
        lr,
        lrEnd,
        lrAnneal,
        warmup,
        adamBeta2,
        weightDecay,
        clip,
        beta,
        betaStart,
        betaAnneal,
        tau,
        tauStart,
        tauAnneal,
        gamma,
        gammaStart,
        floorStart,
        floor,
        ema,
        straightThrough,
        flip,
        collage,
        crops,
        squaredError);
  }

  /// Returns the step size of each update.
  public Schedule lrSchedule() {
    long warm = Math.round(warmup * steps);
    return Schedule.warmup(warm, Schedule.cosine(lr, lrEnd, Math.round(lrAnneal * (steps - warm))));
  }

  /// Returns the weight of the divergence at each update.
  public Schedule betaSchedule() {
    return Schedule.cosine(betaStart, beta, Math.round(betaAnneal * steps));
  }

  /// Returns the temperature at each update.
  public Schedule tauSchedule() {
    return Schedule.cosine(tauStart, tau, Math.round(tauAnneal * steps));
  }

  /// Returns all that is annealed, at an update.
  public DiscreteVae.Annealing at(long step) {
    return new DiscreteVae.Annealing(
        tauSchedule().at(step),
        betaSchedule().at(step),
        Schedule.cosine(gammaStart, gamma, Math.round(betaAnneal * steps)).at(step),
        new Likelihood(Schedule.cosine(floorStart, floor, steps / 2).at(step), squaredError),
        straightThrough);
  }

  /// Returns the annealing of the last update, with weight 1 of the divergence: what the relaxed
  /// bound is evaluated with.
  public DiscreteVae.Annealing bound() {
    return new DiscreteVae.Annealing(
        tau, 1, 0, new Likelihood(floor, squaredError), straightThrough);
  }
}
