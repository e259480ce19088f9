package smalti.bench.peers;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
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
        + " of bytedeco, torch::set_num_threads and openblas_set_num_threads as ours or 1,"
        + " whichever is faster; convolutions in the faster of both memory formats; fused attention;"
        + " no garbage collection of pointers";
  }

  @Override
  public boolean supports(Work work, int threads) {
    return !(work instanceof Work.AttentionLayers);
  }

  @Override
  public void threads(int threads) {
    torch.set_num_threads(threads);
    OpenBlas.setThreads(threads);
  }

  @Override
  public Task prepare(Work work) {
    return switch (work) {
      case Work.Sgemm w -> TorchOps.sgemm(w);
      case Work.Conv w -> inBothFormats(format -> TorchOps.conv(w, format));
      case Work.Attention w -> TorchTask.attention(TorchOps.attention(w));
      case Work.AttentionLayers w -> throw new IllegalArgumentException(w.name());
      case Work.Rows w -> TorchOps.rows(w);
      case Work.AdamW w -> TorchOps.adamw(w);
      case Work.TransformerStep w -> {
        TorchTransformer model = new TorchTransformer(w.config(), new BlasThreads());
        yield TorchTask.transformer(new TorchStep(model.step(w.batch())), model.blas);
      }
      case Work.VaeStep w -> inBothFormats(format -> new TorchStep(TorchVae.step(w, format)));
      case Work.Sample w -> {
        BlasThreads blas = new BlasThreads();
        yield TorchTask.transformer(new TorchSampler(w, blas), blas);
      }
    };
  }

  /// Returns convolving work; oneDNN does it, on the threads of OpenMP.
  private static Task inBothFormats(Function<MemoryFormat, Task> task) {
    Map<String, Task> formats = new LinkedHashMap<>();
    formats.put("contiguous", task.apply(MemoryFormat.Contiguous));
    formats.put("channels last", task.apply(MemoryFormat.ChannelsLast));
    return TorchTask.inFormats(formats);
  }
}
