package smalti.bench.peers;

import smalti.bench.Implementation;
import smalti.bench.Task;
import smalti.bench.Work;

/// Is PyTorch's C++ library once more, an older one with MKL behind it, as DJL ships it. Its files
/// have the names of those of [Libtorch]: a process can load one of both.
public final class LibtorchDjl implements Implementation {
  @Override
  public String name() {
    return "djl";
  }

  @Override
  public String settings() {
    return "libtorch "
        + Djl.version()
        + " of DJL ("
        + Djl.features()
        + "), at::set_num_threads as ours; convolutions in the faster of both memory formats";
  }

  /// Leaves out what DJL does not reach of libtorch: fused attention, and so whole models, and
  /// AdamW.
  @Override
  public boolean supports(Work work, int threads) {
    return switch (work) {
      case Work.Sgemm _, Work.Conv _, Work.Rows _ -> true;
      default -> false;
    };
  }

  @Override
  public boolean sharesProcess() {
    return false;
  }

  @Override
  public void threads(int threads) {
    Djl.setThreads(threads);
  }

  @Override
  public Task prepare(Work work) {
    return switch (work) {
      case Work.Sgemm w -> DjlOps.sgemm(w);
      case Work.Conv w -> new Formats(DjlOps.conv(w, false), DjlOps.conv(w, true));
      case Work.Rows w -> DjlOps.rows(w);
      default -> throw new IllegalArgumentException(work.name());
    };
  }
}
