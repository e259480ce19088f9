package smalti.nn.precision;

import java.util.Arrays;
import smalti.tensor.Tensor;

/// Holds the gradient scale of each residual branch and changes it by the rule of Ramesh et al.
/// 2021, appendix D: it grows a little after every update in which the branch's gradients were
/// finite, and shrinks when they were not, but not twice within some updates.
public final class GradientScales {
  /// Is the rule.
  ///
  /// @param start the first scale
  /// @param growth factor after an update with finite gradients
  /// @param backoff factor after one without
  /// @param guard updates after a shrinking within which there is no other
  /// @param least the smallest scale
  /// @param most the largest scale
  public record Rule(
      double start, double growth, double backoff, int guard, double least, double most) {
    /// Checks the numbers.
    ///
    /// @throws IllegalArgumentException if they make no sense
    public Rule {
      if (!(least > 0 && least <= start && start <= most)
          || !(growth >= 1 && backoff > 0 && backoff < 1 && guard >= 0)) {
        throw new IllegalArgumentException(
            "GradientScales: needs 0 < least ≤ start ≤ most, growth ≥ 1, 0 < backoff < 1, guard ≥"
                + " 0; got least %s, start %s, most %s, growth %s, backoff %s, guard %d"
                    .formatted(least, start, most, growth, backoff, guard));
      }
    }

    /// Returns the paper's rule: from `M·2¹³` by `2^(1/1000)` and `1/√2`, guard 125, within `[M·2⁷,
    /// M·2²⁴]`.
    ///
    /// @param workers number `M` of devices over which gradients are summed
    public static Rule published(int workers) {
      return new Rule(
          workers * 0x1p13,
          Math.pow(2, 1.0 / 1000),
          Math.sqrt(0.5),
          125,
          workers * 0x1p7,
          workers * 0x1p24);
    }
  }

  private static final long NEVER = Long.MIN_VALUE / 2;

  private final Rule rule;
  private final boolean shared;
  private final double[] scales;
  private final long[] shrunk;
  private long updates;

  /// Gives every branch the first scale.
  ///
  /// @param shared whether all branches have one scale, which shrinks when any of them overflows:
  ///   the usual way, for comparison
  public GradientScales(int branches, boolean shared, Rule rule) {
    this.rule = rule;
    this.shared = shared;
    this.scales = new double[branches];
    this.shrunk = new long[branches];
    Arrays.fill(scales, rule.start());
    Arrays.fill(shrunk, NEVER);
  }

  /// Returns the number of branches.
  public int branches() {
    return scales.length;
  }

  /// Returns the scale of a branch.
  public double scale(int branch) {
    return scales[branch];
  }

  /// Changes the scales after an update.
  ///
  /// @param finite for each branch, whether all its gradients were finite
  /// @return whether the update may be done: all gradients were finite
  public boolean update(boolean[] finite) {
    boolean all = true;
    for (boolean f : finite) {
      all &= f;
    }
    for (int i = 0; i < scales.length; i++) {
      change(i, shared ? all : finite[i]);
    }
    updates++;
    return all;
  }

  private void change(int i, boolean finite) {
    if (finite) {
      scales[i] = Math.min(rule.most(), scales[i] * rule.growth());
    } else if (updates - shrunk[i] >= rule.guard()) {
      scales[i] = Math.max(rule.least(), scales[i] * rule.backoff());
      shrunk[i] = updates;
    }
  }

  /// Returns all that is needed to go on, F64 (2·branches + 1): scales, updates of the last
  /// shrinkings, updates done.
  public Tensor state() {
    double[] all = new double[2 * scales.length + 1];
    for (int i = 0; i < scales.length; i++) {
      all[i] = scales[i];
      all[scales.length + i] = shrunk[i] == NEVER ? -1 : shrunk[i];
    }
    all[2 * scales.length] = updates;
    return Tensor.of(all, all.length);
  }

  /// Takes what [#state] returned.
  ///
  /// @throws IllegalArgumentException if it is of another number of branches
  public void load(Tensor state) {
    double[] all = state.toDoubles();
    if (all.length != 2 * scales.length + 1) {
      throw new IllegalArgumentException(
          "gradient scales: %d branches need %d numbers; the file has %d"
              .formatted(scales.length, 2 * scales.length + 1, all.length));
    }
    for (int i = 0; i < scales.length; i++) {
      scales[i] = all[i];
      shrunk[i] = all[scales.length + i] < 0 ? NEVER : (long) all[scales.length + i];
    }
    updates = (long) all[2 * scales.length];
  }
}
