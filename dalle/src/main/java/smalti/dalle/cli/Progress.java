package smalti.dalle.cli;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import smalti.dalle.train.TrainingLoop.Report;

/// Shows how long work goes: one line that changes on a terminal, a plain line now and then in a
/// log.
final class Progress {
  private static final long TERMINAL_NANOS = Duration.ofMillis(250).toNanos();
  private static final long LOG_NANOS = Duration.ofSeconds(10).toNanos();

  private final PrintStream out;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private boolean begun;
  private long shown;
  private int width;
  private String codes = "";

  Progress(PrintStream out) {
    this(out, isTerminal(), System::nanoTime);
  }

  Progress(PrintStream out, boolean terminal, LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
  }

  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /// Prints a line that stays.
  void say(String line) {
    if (width > 0) { // wipes the changing line
      out.print("\r" + " ".repeat(width) + "\r");
      width = 0;
    }
    out.println(line);
    out.flush();
  }

  /// Shows an update of a training.
  void step(Report report) {
    codes(report);
    show(
        String.format(
            Locale.ROOT,
            report.examplesPerSecond() < 10
                ? "%-5s step %d/%d  loss %.4f%s  %.1f samples/s  %s left"
                : "%-5s step %d/%d  loss %.4f%s  %.0f samples/s  %s left",
            report.stage().name(),
            report.stage().done(),
            report.stage().steps(),
            report.numbers().getOrDefault("loss", Double.NaN),
            codes,
            report.examplesPerSecond(),
            clock(report.left())),
        report.stage().done() == report.stage().steps());
  }

  /// Keeps what was last measured of the codebook; most updates do not measure it.
  private void codes(Report report) {
    double used = report.numbers().getOrDefault("code_usage", Double.NaN);
    double perplexity = report.numbers().getOrDefault("perplexity", Double.NaN);
    if (!report.numbers().containsKey("perplexity")) {
      codes = "";
    } else if (!Double.isNaN(perplexity)) {
      codes =
          String.format(
              Locale.ROOT, "  codes used %.0f%%, perplexity %.1f", 100 * used, perplexity);
    }
  }

  /// Shows a line that the next one replaces on a terminal. Most lines are left out, those that
  /// come too soon after another; the last one of some work is not.
  void show(String line, boolean last) {
    long now = nanoTime.getAsLong();
    if (begun && !last && now - shown < (terminal ? TERMINAL_NANOS : LOG_NANOS)) {
      return;
    }
    begun = true;
    shown = now;
    if (terminal) {
      out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      width = line.length();
    } else {
      out.println(line);
    }
    if (last) {
      end();
    }
    out.flush();
  }

  /// Leaves a changing line as it is; what is printed next goes below.
  void end() {
    if (width > 0) {
      out.println();
      width = 0;
    }
  }

  static String clock(Duration d) {
    return d.toHours() > 0
        ? String.format(
            Locale.ROOT, "%d:%02d:%02d", d.toHours(), d.toMinutesPart(), d.toSecondsPart())
        : String.format(Locale.ROOT, "%d:%02d", d.toMinutes(), d.toSecondsPart());
  }
}
