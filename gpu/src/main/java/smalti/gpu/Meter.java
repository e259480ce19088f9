package smalti.gpu;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import smalti.gpu.kernel.Kernel;
import smalti.gpu.kernel.Peak;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.DeviceMeter;
import uk.ac.manchester.tornado.api.TornadoProfilerResult;

/// Measures a device by the events of its queue.
final class Meter implements DeviceMeter {
  private static final int RUNS = 5;
  private static final int LENGTH = 1 << 24;
  private static final int ROUNDS = 160_000;

  private final GpuBackend gpu;

  Meter(GpuBackend gpu) {
    this.gpu = gpu;
  }

  @Override
  public Roof roof() {
    return Backends.with(
        gpu,
        () -> {
          int threads = gpu.device().grid().threads(Kernel.MULTIPLY_ADDS);
          Tensor out = Tensor.zeros(threads);
          double flops = (double) threads * ROUNDS * Peak.OPERATIONS;
          double gflops =
              best(
                  flops,
                  () ->
                      gpu.launch(
                          gpu.call(Kernel.MULTIPLY_ADDS)
                              .num(ROUNDS)
                              .writes(gpu.at(out, true), out.layout())));
          Tensor x = Tensor.ones(LENGTH);
          Tensor y = Tensor.ones(LENGTH);
          double gigabytes = best(12.0 * LENGTH, () -> gpu.axpby(0.5, x, 0.5, y));
          return new Roof(gflops, gigabytes);
        });
  }

  /// Returns the most of an amount that is done in a nanosecond of the kernel's own time.
  private double best(double amount, Runnable work) {
    double best = 0;
    for (int i = 0; i <= RUNS; i++) {
      best = Math.max(best, 1e-6 * amount / split(work).kernelMs());
    }
    return best;
  }

  @Override
  public Split split(Runnable work) {
    Device device = gpu.device();
    long in = device.bytesIn();
    long out = device.bytesOut();
    Profile profile = new Profile();
    device.profile(profile);
    try {
      long start = System.nanoTime();
      work.run();
      double total = 1e-6 * (System.nanoTime() - start);
      return new Split(
          total,
          1e-6 * profile.kernels,
          1e-6 * profile.transfers,
          device.bytesIn() - in,
          device.bytesOut() - out,
          profile.tasks,
          profile.byKernel.entrySet().stream()
              .collect(Collectors.toMap(Map.Entry::getKey, e -> 1e-6 * e.getValue())));
    } finally {
      device.profile(null);
    }
  }

  /// Adds up what TornadoVM says of the graphs that ran, in ns.
  static final class Profile {
    // Of TornadoVM's log: "smalti.matmul_3": { ... "TASK_KERNEL_TIME": "1234"
    private static final Pattern TASK =
        Pattern.compile("\"\\w+\\.(\\w+)_\\d+\": \\{[^}]*?\"TASK_KERNEL_TIME\": \"(\\d+)\"");

    private static final String RUN = "\"" + Plan.GRAPH + "\": {";

    long kernels;
    long transfers;
    int tasks;
    final Map<String, Long> byKernel = new TreeMap<>();

    /// Adds a graph's times. TornadoVM's log grows by every run of a graph, and is copied whole to
    /// be read: of a plan that is one kernel, of which sampling runs thousands, it is not asked.
    ///
    /// @param only the kernel, if there is but one
    void add(TornadoProfilerResult times, @Nullable Kernel only) {
      kernels += times.getDeviceKernelTime();
      transfers += times.getDataTransfersTime();
      if (only != null) {
        byKernel.merge(only.task(), times.getDeviceKernelTime(), Long::sum);
        return;
      }
      String log = times.getProfileLog(); // of all runs so far; the last is this
      Matcher task = TASK.matcher(log.substring(Math.max(0, log.lastIndexOf(RUN))));
      while (task.find()) {
        byKernel.merge(task.group(1), Long.parseLong(task.group(2)), Long::sum);
      }
    }
  }
}
