package smalti.dalle.plan;

import java.util.ArrayList;
import java.util.List;
import smalti.dalle.transformer.LayerPlan;
import smalti.dalle.transformer.TransformerConfig;
import smalti.tensor.AttentionPattern;

/// Counts floating-point operations, a multiplication and an addition as two.
///
/// @param forwardPerSample of one captioned picture, forward
/// @param perStep of an update: forward, and twice that backward
/// @param perStepRecomputed with every block computed once more for the backward pass
/// @param perRun of all updates, nothing computed twice
/// @param visiblePairs mean of the (query, key) pairs of a layer
/// @param densePairs pairs of a layer in which every position sees all before it
public record Operations(
    double forwardPerSample,
    double perStep,
    double perStepRecomputed,
    double perRun,
    double visiblePairs,
    double densePairs) {

  /// Counts.
  public static Operations of(Job job) {
    TransformerConfig c = job.model();
    double width = c.width();
    double length = c.length();
    double pairs = 0;
    List<AttentionPattern> counted = new ArrayList<>();
    List<Double> counts = new ArrayList<>();
    for (AttentionPattern pattern : LayerPlan.of(c)) {
      int at = counted.indexOf(pattern);
      if (at < 0) {
        at = counted.size();
        counted.add(pattern);
        counts.add((double) pairs(pattern, c.length()));
      }
      pairs += counts.get(at);
    }
    double matrices = 2 * 12 * width * width * c.layers() * length;
    double attention = 4 * width * pairs; // q·k and p·v
    double output =
        2
            * width
            * ((double) c.textLength() * c.textClasses()
                + (double) c.imageLength() * c.imageVocabulary());
    double forward = matrices + attention + output;
    double step = 3 * forward * job.batch();
    return new Operations(
        forward,
        step,
        step + (matrices + attention) * job.batch(),
        step * job.steps(),
        pairs / c.layers(),
        length * (length + 1) / 2);
  }

  private static long pairs(AttentionPattern pattern, int length) {
    long n = 0;
    for (int q = 0; q < length; q++) {
      for (int k = 0; k <= q; k++) {
        n += pattern.allows(q, k) ? 1 : 0;
      }
    }
    return n;
  }
}
