package smalti.bench.peers;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.global.torch;
import smalti.bench.Task;

/// Is work that libtorch can do in several ways, the fastest of which is to be measured: in one of
/// several memory formats, and with one or all of OpenBLAS's threads. The latter are not OpenMP's:
/// where libtorch calls OpenBLAS from threads of its own, as in attention, they wait for each other,
/// but where it calls it once, as in a linear layer, they are the only ones.
final class TorchTask implements Task {
  private record Way(Task task, int blasThreads) {}

  private final Map<String, Task> formats;
  private final boolean callsBlas;
  private Task chosen;

  /// @param formats the same work in each memory format, by name; the empty name where there is one
  /// @param callsBlas whether OpenBLAS does a part of it
  TorchTask(Map<String, Task> formats, boolean callsBlas) {
    this.formats = new LinkedHashMap<>(formats);
    this.callsBlas = callsBlas;
    this.chosen = formats.values().iterator().next();
  }

  /// Returns work that has but one memory format.
  static TorchTask callingBlas(Task task) {
    return new TorchTask(Map.of(PLAIN, task), true);
  }

  @Override
  public List<String> variants() {
    return List.copyOf(ways().keySet());
  }

  @Override
  public void use(String variant) {
    Way way = Objects.requireNonNull(ways().get(variant), variant);
    OpenBlas.setThreads(way.blasThreads());
    chosen = way.task();
  }

  private Map<String, Way> ways() {
    int threads = torch.get_num_threads();
    Map<String, Way> ways = new LinkedHashMap<>();
    formats.forEach((format, task) -> {
      if (callsBlas && threads > 1) {
        String first = format.isEmpty() ? "" : format + ", ";
        ways.put(first + "OpenBLAS on as many", new Way(task, threads));
        ways.put(first + "OpenBLAS on 1", new Way(task, 1));
      } else {
        ways.put(format, new Way(task, threads));
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
