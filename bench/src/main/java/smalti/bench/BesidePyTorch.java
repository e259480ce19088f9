package smalti.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.tensor.backend.DeviceMeter.Split;

/// Prints a device's times beside those of PyTorch on the same card.
final class BesidePyTorch {
  private static final String LINE = "%-34s %10s %10s %10s %12s %14s";

  private BesidePyTorch() {}

  /// Measures where there is something to measure: on a card of NVIDIA's if there is a PyTorch, on
  /// any device if a Python is named. Says why not in a line otherwise.
  ///
  /// @param python the Python that is named, null for `python3`
  /// @param device as `smalti devices` describes it
  /// @param splits what was measured of ours, by the name of the work
  /// @throws IOException if the Python that is named cannot do it
  static void print(
      @Nullable String python,
      String device,
      List<Work> works,
      Map<String, Split> splits,
      PrintStream out)
      throws IOException {
    out.println();
    if (python == null && !device.startsWith("NVIDIA")) {
      out.println("PyTorch: left out, as this is no card of NVIDIA's; see --pytorch");
      return;
    }
    PyTorch theirs;
    try {
      theirs = PyTorch.measure(python == null ? "python3" : python, device, works);
    } catch (IOException e) {
      if (python != null) {
        throw e;
      }
      out.println("PyTorch: left out; " + e.getMessage() + "; --pytorch names another Python");
      return;
    }
    table(theirs, splits).forEach(out::println);
  }

  /// Returns the lines of the table.
  static List<String> table(PyTorch theirs, Map<String, Split> splits) {
    List<String> lines = new ArrayList<>();
    lines.add(theirs.settings() + "; times in ms; above 1 ours is faster");
    lines.add(line("work", "total", "kernels", "PyTorch", "of total", "of kernels"));
    theirs
        .milliseconds()
        .forEach((work, ms) -> {
          Split ours = splits.get(work);
          if (ours != null) {
            lines.add(
                line(
                    work,
                    number(ours.totalMs()),
                    number(ours.kernelMs()),
                    number(ms),
                    number(ms / ours.totalMs()),
                    number(ms / ours.kernelMs())));
          }
        });
    lines.add("PyTorch queues its runs, so that launching is hidden where it can be");
    return lines;
  }

  private static String number(double x) {
    return String.format(Locale.ROOT, x < 10 ? "%.3f" : "%.1f", x);
  }

  private static String line(Object... columns) {
    return String.format(Locale.ROOT, LINE, columns).stripTrailing();
  }
}
