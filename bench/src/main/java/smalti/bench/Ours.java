package smalti.bench;

import smalti.tensor.Parallel;
import smalti.tensor.backend.Backends;

/// Is Smalti.
public final class Ours implements Implementation {
  /// The name in rows and tables.
  public static final String NAME = "ours";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String settings() {
    return "smalti, backend " + Backends.current().name();
  }

  @Override
  public boolean supports(Work work, int threads) {
    return true;
  }

  @Override
  public void threads(int threads) {
    Parallel.threads(threads);
  }

  @Override
  public Task prepare(Work work) {
    return switch (work) {
      case Work.Sgemm w -> OurKernels.sgemm(w);
      case Work.Conv w -> OurKernels.conv(w);
      case Work.Attention w -> OurKernels.attention(w, w.pattern());
      case Work.AttentionLayers w -> OurKernels.attention(w, w.patterns());
      case Work.Rows w -> OurKernels.rows(w);
      case Work.AdamW w -> OurKernels.adamw(w);
      case Work.TransformerStep w -> OurModels.transformer(w);
      case Work.VaeStep w -> OurModels.vae(w);
      case Work.Sample w -> OurModels.sample(w);
    };
  }
}
