package smalti.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import smalti.tensor.backend.DeviceMeter;
import smalti.tensor.backend.DeviceMeter.Roof;
import smalti.tensor.backend.DeviceMeter.Split;

/// Prints where a device's time goes, and how far each kind of work is from its floor: its
/// operations over the device's peak, or its bytes over the bandwidth.
final class DeviceReport {
  private static final String LINE = "%-34s %6s %10s %10s %10s %10s %10s %9s %9s %7s";
  private static final int RUNS = 5;
  private static final int SHARES = 5;

  private final OnDevice device;
  private final DeviceMeter meter;

  DeviceReport(OnDevice device) {
    this.device = device;
    this.meter =
        device
            .backend()
            .meter()
            .orElseThrow(() ->
                new IllegalArgumentException(device.name() + ": has nothing to measure it with"));
  }

  /// Measures all work and prints the table. Returns what was measured, by the name of the work.
  Map<String, Split> print(List<Work> works, PrintStream out) {
    Map<String, Split> splits = new LinkedHashMap<>();
    Roof roof = meter.roof();
    out.println();
    out.printf(
        Locale.ROOT,
        "%s does at most %.0f GFLOP/s and %.1f GB/s; medians of %d runs, in ms%n",
        device.name(),
        roof.gflops(),
        roof.gigabytes(),
        RUNS);
    out.println(
        line(
            "work",
            "tasks",
            "total",
            "kernels",
            "transfer",
            "launch",
            "launch/total",
            "bytes in",
            "bytes out",
            "floor"));
    for (Work work : works) {
      Split split = split(work);
      splits.put(work.name(), split);
      out.println(line(work, split, roof));
      out.flush();
    }
    out.println("floor: the least that the work could take on this device over its kernels' time");
    return splits;
  }

  private static String line(Work work, Split s, Roof roof) {
    double floor = work.leastMs(roof.gflops(), roof.gigabytes());
    String numbers = numbers(work, s, floor);
    return s.kernelsMs().size() < 2 ? numbers : numbers + System.lineSeparator() + shares(s);
  }

  /// Says which kernels take most of the kernels' time.
  private static String shares(Split s) {
    return s.kernelsMs().entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .limit(SHARES)
        .map(e ->
            String.format(Locale.ROOT, "%s %.0f%%", e.getKey(), 100 * e.getValue() / s.kernelMs()))
        .collect(Collectors.joining(", ", "  ", ""));
  }

  private static String numbers(Work work, Split s, double floor) {
    return line(
        work.name(),
        s.tasks(),
        number(s.totalMs()),
        number(s.kernelMs()),
        number(s.transferMs()),
        number(s.launchMs()),
        number(s.launchMs() / s.totalMs()),
        s.bytesIn(),
        s.bytesOut(),
        floor == 0 ? "-" : number(floor / s.kernelMs()));
  }

  /// Returns the run with the median total, once the plans are made.
  private Split split(Work work) {
    try (Task task = device.prepare(work)) {
      task.run();
      task.run();
      List<Split> splits = new ArrayList<>();
      for (int i = 0; i < RUNS; i++) {
        splits.add(meter.split(task::run));
      }
      splits.sort(Comparator.comparingDouble(Split::totalMs));
      return splits.get(RUNS / 2);
    }
  }

  private static String number(double x) {
    return String.format(Locale.ROOT, x < 10 ? "%.3f" : "%.1f", x);
  }

  private static String line(Object... columns) {
    return String.format(Locale.ROOT, LINE, columns).stripTrailing();
  }
}
