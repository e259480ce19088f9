package smalti.dalle.train;

/// Holds the parts of the paper's training of the transformer that long runs of large models need;
/// short runs of small ones leave them off.
///
/// @param accumulate parts in which the batch of an update is computed, one after the other
/// @param checkpoint whether each block keeps its input only and is computed again going backward
/// @param mixedPrecision whether residual branches compute in emulated 16 bits, with a gradient
///   scale each, and keep matrices and moments in 16 bits
/// @param decayAll whether weight decay also shrinks gains, biases, embeddings and output matrices
/// @param varianceClip the largest mean of squared gradients (paper: 5); 0 cuts nothing
/// @param plateau updates without a better smoothed loss after which the step size is halved; 0 for
///   the cosine instead (paper: by eye, five times)
/// @param emaDecay how much of the parameters' average stays when it is updated (paper: 0.99); 0
///   keeps no average
/// @param emaEvery updates from one of the average to the next (paper: 25)
/// @param crops random crops (listing 2) of each picture that are encoded, of which every update
///   draws one; 0 encodes the picture as it is
public record AtScale(
    int accumulate,
    boolean checkpoint,
    boolean mixedPrecision,
    boolean decayAll,
    double varianceClip,
    int plateau,
    double emaDecay,
    int emaEvery,
    int crops) {

  /// Checks the numbers.
  ///
  /// @throws IllegalArgumentException if one is out of range
  public AtScale {
    boolean counts = accumulate >= 1 && plateau >= 0 && emaEvery >= 1 && crops >= 0;
    if (!counts || !(varianceClip >= 0) || !(emaDecay >= 0 && emaDecay < 1)) {
      throw new IllegalArgumentException(
          "AtScale: accumulate and emaEvery must be positive, plateau, crops and varianceClip not"
              + " negative, emaDecay in [0, 1); got accumulate %d, emaEvery %d, plateau %d,"
                  .formatted(accumulate, emaEvery, plateau)
              + " crops %d, varianceClip %s, emaDecay %s".formatted(crops, varianceClip, emaDecay));
    }
  }

  /// Returns everything left off.
  public static AtScale off() {
    return new AtScale(1, false, false, false, 0, 0, 0, 1, 0);
  }

  /// Returns the paper's way (appendix B.2), on one machine.
  public static AtScale published() {
    return new AtScale(1, true, true, false, 5, 10_000, 0.99, 25, 8);
  }
}
