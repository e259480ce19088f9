package smalti.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;

/// Describes where and when something was measured.
record Machine(String cpu, int cores, String jdk, List<String> flags, String date) {
  static Machine here(List<String> flags) {
    String jdk =
        "%s %s".formatted(System.getProperty("java.vendor", ""), Runtime.version().toString());
    int cores = Runtime.getRuntime().availableProcessors();
    return new Machine(
        processor(),
        cores,
        jdk,
        List.copyOf(flags),
        LocalDate.now(ZoneId.systemDefault()).toString());
  }

  private static String processor() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .orElse(System.getProperty("os.arch", "unknown"));
    } catch (IOException e) { // not Linux
      return System.getProperty("os.arch", "unknown");
    }
  }

  @Override
  public String toString() {
    return "%s, %d cores; JDK %s; %s; %s".formatted(cpu, cores, jdk, String.join(" ", flags), date);
  }
}
