package smalti.bench;

import java.util.Collections;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Parallel;

/// Is Smalti attending to all earlier positions, to be timed beside a sparse pattern.
public final class OursDense implements Implementation {
  @Override
  public String name() {
    return "ours-dense";
  }

  @Override
  public String settings() {
    return "smalti with full causal attention instead of the pattern";
  }

  @Override
  public boolean supports(Work work, int threads) {
    return work instanceof Work.AttentionLayers
        || work instanceof Work.Attention a && !(a.pattern() instanceof AttentionPattern.Causal);
  }

  @Override
  public void threads(int threads) {
    Parallel.threads(threads);
  }

  @Override
  public Task prepare(Work work) {
    AttentionPattern dense = new AttentionPattern.Causal();
    return switch (work) {
      case Work.Attention w -> OurKernels.attention(w, dense);
      case Work.AttentionLayers w ->
          OurKernels.attention(w, Collections.nCopies(w.layers().size(), dense));
      default -> throw new IllegalArgumentException(work.name());
    };
  }

  @Override
  public boolean computesTheSame(Work work) {
    return false;
  }
}
