package smalti.bench;

import java.util.Locale;

/// Writes rows as lines of a table.
final class Table {
  private static final String LINE = "%-34s %7s %11s %9s  %-10s %11s %9s %7s %8s";

  private Table() {}

  static String head() {
    return line("work", "threads", "ours ms", "rate", "peer", "peer ms", "rate", "ratio", "differ");
  }

  private static String line(Object... columns) {
    return String.format(Locale.ROOT, LINE, columns).stripTrailing();
  }

  static String line(Row row, Work work) {
    return line(
        row.name(),
        row.threads(),
        milliseconds(row.oursMs()),
        rate(work, row.oursMs()),
        row.peer() == null ? "-" : row.peer(),
        milliseconds(row.peerMs()),
        rate(work, row.peerMs()),
        Double.isNaN(row.ratio()) ? "-" : String.format(Locale.ROOT, "%.2f", row.ratio()),
        Double.isNaN(row.difference())
            ? "-"
            : String.format(Locale.ROOT, "%.0e", row.difference()));
  }

  private static String milliseconds(double ms) {
    if (Double.isNaN(ms)) {
      return "-";
    }
    return String.format(Locale.ROOT, ms < 1 ? "%.4f" : ms < 100 ? "%.2f" : "%.0f", ms);
  }

  /// Returns GFLOP/s or GB/s, whichever the work is limited by.
  private static String rate(Work work, double ms) {
    if (Double.isNaN(ms) || work.flops() + work.bytes() == 0) {
      return "-";
    }
    return work.flops() > 0
        ? String.format(Locale.ROOT, "%.1f GF", work.flops() / ms * 1e-6)
        : String.format(Locale.ROOT, "%.1f GB", work.bytes() / ms * 1e-6);
  }
}
