package smalti.bench;

import java.io.Console;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/// Says which piece of work is being measured and how long the rest will take: a line that the next
/// one replaces on a terminal, and a line for each piece of work in a log.
final class Countdown {
  private final List<Work> works;
  private final PrintStream out;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private final long begin;
  private int width;

  Countdown(List<Work> works, PrintStream out) {
    this(works, out, isTerminal(), System::nanoTime);
  }

  Countdown(List<Work> works, PrintStream out, boolean terminal, LongSupplier nanoTime) {
    this.works = List.copyOf(works);
    this.out = out;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.begin = nanoTime.getAsLong();
  }

  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /// Shows that work begins.
  ///
  /// @param index how many pieces are done
  void show(int index) {
    String line =
        "[%d/%d] %s%s".formatted(index + 1, works.size(), works.get(index).name(), left(index));
    if (terminal) {
      out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      width = line.length();
    } else {
      out.println(line);
    }
    out.flush();
  }

  /// Wipes the line, so that what is printed next takes its place.
  void wipe() {
    if (width > 0) {
      out.print("\r" + " ".repeat(width) + "\r");
      out.flush();
      width = 0;
    }
  }

  /// Returns the time left as what is done took, by cost.
  private String left(int index) {
    double done = cost(works.subList(0, index));
    if (done == 0) {
      return "";
    }
    double rest = cost(works.subList(index, works.size()));
    long seconds = Math.round((nanoTime.getAsLong() - begin) * 1e-9 / done * rest);
    return String.format(Locale.ROOT, ", about %d:%02d left", seconds / 60, seconds % 60);
  }

  private static double cost(List<Work> works) {
    return works.stream().mapToDouble(Work::cost).sum();
  }
}
