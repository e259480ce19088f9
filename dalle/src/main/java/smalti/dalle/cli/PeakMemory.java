package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Reads how much memory the process has used at most.
final class PeakMemory {
  private PeakMemory() {}

  /// Returns the peak resident set in MiB where the system tells it (Linux), otherwise the heap
  /// that the process holds now.
  static long megabytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Not Linux: the heap is the best there is.
    }
    return Runtime.getRuntime().totalMemory() >> 20;
  }
}
