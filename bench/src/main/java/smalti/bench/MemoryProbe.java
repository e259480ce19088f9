package smalti.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/// Measures the peak resident memory of some training steps of one implementation, in a process of
/// its own: `VmHWM` of Linux, Java and its libraries included.
final class MemoryProbe {
  private static final int STEPS = 5;

  /// How often a process is begun at most: now and then a native library brings one down.
  private static final int TRIES = 3;

  private static final String STATUS = "/proc/self/status";

  private MemoryProbe() {}

  /// Returns the peak in MB (10⁶ bytes); NaN where the system does not tell.
  ///
  /// @param variant the one of the task's variants to measure
  /// @throws IOException if the process fails again and again
  static double of(
      Work work, String implementation, int threads, String variant, List<String> options)
      throws IOException {
    if (!Files.isReadable(Path.of(STATUS))) {
      return Double.NaN;
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(Measurement.flags(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path", "")));
    command.addAll(
        List.of(
            MemoryProbe.class.getName(),
            work.name(),
            implementation,
            String.valueOf(threads),
            variant));
    for (int i = 0; i < TRIES; i++) {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try (var in = process.getInputStream()) {
        String out = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        OptionalDouble peak = number(out.substring(out.lastIndexOf('\n') + 1));
        if (peak.isPresent()) {
          return peak.getAsDouble();
        }
      }
    }
    throw new IOException(
        "%s of %s: the process that measures memory failed %d times"
            .formatted(work.name(), implementation, TRIES));
  }

  /// Returns the number that a process says at its end, if it came to that.
  private static OptionalDouble number(String line) {
    return line.matches("[0-9.]+(E[0-9]+)?|NaN")
        ? OptionalDouble.of(Double.parseDouble(line))
        : OptionalDouble.empty();
  }

  /// Is run in the process: work, implementation, threads, variant.
  public static void main(String[] args) throws IOException {
    Implementation implementation = Implementations.named(args[1]);
    implementation.threads(Integer.parseInt(args[2]));
    Task task = implementation.prepare(new Suite().named(args[0]));
    task.use(args[3]);
    for (int i = 0; i < STEPS; i++) {
      task.run();
    }
    System.out.println(peak(Files.readString(Path.of(STATUS))));
    System.out.flush();
    Runtime.getRuntime().halt(0); // native libraries may hang in their exit handlers
  }

  /// Returns the peak from the text of a process's status, in MB.
  static double peak(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024e-6)
        .findFirst()
        .orElse(Double.NaN);
  }
}
