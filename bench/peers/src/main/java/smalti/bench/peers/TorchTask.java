package smalti.bench.peers;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.global.torch;
import smalti.bench.Task;

/// Is work that libtorch can do in several ways, the fastest of which is to be measured: in one of
/// several memory formats, and with one or all of the threads of OpenBLAS.
final class TorchTask implements Task {
  private record Way(Task task, int blasInAttention, int blasElsewhere) {}

  private final Map<String, Task> formats;
  private final BlasThreads blas;
  private final boolean attends;
  private final boolean isModel;
  private Task chosen;

  private TorchTask(Map<String, Task> formats, BlasThreads blas, boolean attends, boolean isModel) {
    this.formats = new LinkedHashMap<>(formats);
    this.blas = blas;
    this.attends = attends;
    this.isModel = isModel;
    this.chosen = formats.values().iterator().next();
  }

  /// Returns work that does not attend.
  ///
  /// @param formats the same work in each memory format, by name
  static TorchTask inFormats(Map<String, Task> formats) {
    return new TorchTask(formats, new BlasThreads(), false, false);
  }

  /// Returns attention alone.
  static TorchTask attention(Task task) {
    return new TorchTask(Map.of(PLAIN, task), new BlasThreads(), true, false);
  }

  /// Returns work of a transformer.
  ///
  /// @param blas what the model obeys
  static TorchTask transformer(Task task, BlasThreads blas) {
    return new TorchTask(Map.of(PLAIN, task), blas, true, true);
  }

  @Override
  public List<String> variants() {
    return List.copyOf(ways().keySet());
  }

  @Override
  public void use(String variant) {
    Way way = Objects.requireNonNull(ways().get(variant), variant);
    blas.set(way.blasInAttention(), way.blasElsewhere());
    chosen = way.task();
  }

  private Map<String, Way> ways() {
    int threads = torch.get_num_threads();
    Map<String, Way> ways = new LinkedHashMap<>();
    formats.forEach((format, task) -> {
      if (attends && threads > 1) {
        ways.put("OpenBLAS on as many threads", new Way(task, threads, threads));
        ways.put("OpenBLAS on 1 thread", new Way(task, 1, 1));
        if (isModel) {
          ways.put(
              "OpenBLAS on 1 thread in attention, as many elsewhere", new Way(task, 1, threads));
        }
      } else {
        ways.put(format, new Way(task, threads, threads));
      }
    });
    return ways;
  }

  @Override
  public void run() {
    chosen.run();
  }

  @Override
  public List<float[]> results() {
    return chosen.results();
  }
}
