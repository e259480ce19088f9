package smalti.bench.peers;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import smalti.bench.Implementation;
import smalti.bench.Task;
import smalti.bench.Work;

/// Is PyTorch's C++ library, eagerly, in 32-bit floats.
public final class Libtorch implements Implementation {
  @Override
  public String name() {
    return "libtorch";
  }

  @Override
  public String settings() {
    return "libtorch 2.10.0"
        + " of bytedeco, torch::set_num_threads and openblas_set_num_threads as ours;"
        + " convolutions in the faster of both memory formats; fused attention; no garbage collection"
        + " of pointers";
  }

  @Override
  public boolean supports(Work work, int threads) {
    return true;
  }

  @Override
  public void threads(int threads) {
    torch.set_num_threads(threads);
    OpenBlas.setThreads(threads);
  }

  /// Tries both memory formats on models that are thrown away, since steps change the weights.
  private static MemoryFormat format(Work.VaeStep w) {
    try (PointerScope _ = new PointerScope()) {
      Task plain = new TorchStep(TorchVae.step(w, MemoryFormat.Contiguous));
      Task channelsLast = new TorchStep(TorchVae.step(w, MemoryFormat.ChannelsLast));
      return Faster.isFirst(plain, channelsLast)
          ? MemoryFormat.Contiguous
          : MemoryFormat.ChannelsLast;
    }
  }

  @Override
  public Task prepare(Work work) {
    return switch (work) {
      case Work.Sgemm w -> TorchOps.sgemm(w);
      case Work.Conv w -> TorchOps.conv(w);
      case Work.Attention w -> TorchOps.attention(w);
      case Work.Rows w -> TorchOps.rows(w);
      case Work.AdamW w -> TorchOps.adamw(w);
      case Work.TransformerStep w ->
          new TorchStep(new TorchTransformer(w.config()).step(w.batch()));
      case Work.VaeStep w -> new TorchStep(TorchVae.step(w, format(w)));
      case Work.Sample w -> new TorchSampler(w);
    };
  }
}
