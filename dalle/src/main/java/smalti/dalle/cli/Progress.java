package smalti.dalle.cli;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import smalti.dalle.train.TrainingLoop.Report;

/// Shows how long work goes: one line that changes on a terminal, a plain line now and then in a
/// log.
final class Progress {
  private static final long TERMINAL_NANOS = Duration.ofMillis(250).toNanos();
  private static final long LOG_NANOS = Duration.ofSeconds(10).toNanos();

  private final PrintStream out;
  private final boolean terminal;
  private long shown;
  private int width;

  Progress(PrintStream out) {
    this.out = out;
    Console console = System.console();
    this.terminal = console != null && console.isTerminal();
  }

  /// Prints a line that stays.
  void say(String line) {
    clear();
    out.println(line);
    out.flush();
  }

  /// Shows an update of a training.
  void step(Report report) {
    long now = System.nanoTime();
    boolean last = report.stage().done() == report.stage().steps();
    if (!last && shown != 0 && now - shown < (terminal ? TERMINAL_NANOS : LOG_NANOS)) {
      return;
    }
    shown = now;
    String line =
        String.format(
            Locale.ROOT,
            "%-5s step %d/%d  loss %.4f  %.0f samples/s  %s left",
            report.stage().name(),
            report.stage().done(),
            report.stage().steps(),
            report.numbers().getOrDefault("loss", Double.NaN),
            report.examplesPerSecond(),
            clock(report.left()));
    show(line, last);
  }

  /// Shows a line that the next one replaces on a terminal; a log keeps only final ones.
  void show(String line, boolean last) {
    if (!terminal) {
      out.println(line);
    } else {
      out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      width = line.length();
      if (last) {
        out.println();
        width = 0;
      }
    }
    out.flush();
  }

  private void clear() {
    if (terminal && width > 0) {
      out.print("\r" + " ".repeat(width) + "\r");
      width = 0;
    }
  }

  static String clock(Duration d) {
    return d.toHours() > 0
        ? "%d:%02d:%02d".formatted(d.toHours(), d.toMinutesPart(), d.toSecondsPart())
        : "%d:%02d".formatted(d.toMinutes(), d.toSecondsPart());
  }
}
