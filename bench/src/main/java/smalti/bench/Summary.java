package smalti.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Sums rows up: geometric means over a kind of work, memory, and how it was measured.
final class Summary {
  private Summary() {}

  static void print(List<Row> rows, PrintStream out) {
    means(rows, out);
    roofs(rows, out);
    memory(rows, out);
    cores(rows, out);
    handovers(rows, out);
    variants(rows, out);
    unsettled(rows, out);
    settings(rows, out);
  }

  private static void means(List<Row> rows, PrintStream out) {
    Map<String, List<Row>> groups =
        rows.stream()
            .filter(row -> row.peer() != null)
            .collect(
                Collectors.groupingBy(
                    row ->
                        "%-18s %-10s threads %d"
                            .formatted(kind(row.name()), row.peer(), row.threads()),
                    LinkedHashMap::new,
                    Collectors.toList()));
    if (!groups.isEmpty()) {
      out.println();
      out.println("geometric means of the ratios (above 1: ours is faster), and the least");
    }
    groups.forEach((group, of) -> {
      double[] ratios = of.stream().mapToDouble(Row::ratio).toArray();
      double least = of.stream().mapToDouble(Row::ratio).min().orElse(Double.NaN);
      out.println(
          String.format(
              Locale.ROOT,
              "%s  %6.2f  least %6.2f  of %d",
              group,
              Medians.geometricMean(ratios),
              least,
              ratios.length));
    });
  }

  /// Prints how near ours and the peers come to the machine's roof: its least time over theirs.
  /// Above 1 are transforms that save operations, and numbers that the caches hold.
  private static void roofs(List<Row> rows, PrintStream out) {
    Map<String, List<Double>> groups = new LinkedHashMap<>();
    Set<String> counted = new HashSet<>();
    for (Row row : rows) {
      String kind = kind(row.name());
      if (counted.add(row.name() + row.threads())) { // once, however many peers
        share(groups, kind, Ours.NAME, row.threads(), row.roofMs() / row.oursMs());
      }
      if (row.peer() != null && !row.peer().startsWith(Ours.NAME)) { // those do other work
        share(groups, kind, row.peer(), row.threads(), row.roofMs() / row.peerMs());
      }
    }
    if (!groups.isEmpty()) {
      out.println();
      out.println("of what the machine can do at most: geometric mean, least and most");
    }
    groups.forEach((group, shares) -> {
      double[] of = shares.stream().mapToDouble(Double::doubleValue).toArray();
      out.println(
          String.format(
              Locale.ROOT,
              "%s  %6.2f %6.2f %6.2f",
              group,
              Medians.geometricMean(of),
              Arrays.stream(of).min().orElse(Double.NaN),
              Arrays.stream(of).max().orElse(Double.NaN)));
    });
  }

  private static void share(
      Map<String, List<Double>> groups, String kind, String name, int threads, double share) {
    if (!Double.isNaN(share)) {
      groups
          .computeIfAbsent(
              "%-18s %-10s threads %d".formatted(kind, name, threads), g -> new ArrayList<>())
          .add(share);
    }
  }

  /// Returns the kind of work: the first part of its name, the first two of a step's.
  static String kind(String name) {
    String[] parts = name.split("\\.", 3);
    return parts[0].equals("step") ? parts[0] + "." + parts[1] : parts[0];
  }

  private static void memory(List<Row> rows, PrintStream out) {
    if (rows.stream().anyMatch(row -> row.memory() != null)) {
      out.println();
      out.println("peak resident memory, Java and libraries included, in MB");
    }
    for (Row row : rows) {
      Row.Memory memory = row.memory();
      if (memory != null) {
        out.println(
            String.format(
                Locale.ROOT,
                "%-34s ours %6.0f  %s %6.0f  ours over theirs %.2f",
                row.name(),
                memory.oursMb(),
                row.peer(),
                memory.peerMb(),
                memory.oursMb() / memory.peerMb()));
      }
    }
  }

  /// Prints how many cores were busy: more than there are threads is a setting without effect, or a
  /// thread of the turn before that still spins.
  private static void cores(List<Row> rows, PrintStream out) {
    Map<String, DoubleSummaryStatistics> groups = new LinkedHashMap<>();
    for (Row row : rows) {
      count(groups, Ours.NAME, row.threads(), row.oursCores());
      if (!Medians.ON_ONE.equals(row.peer())) { // counted above
        count(groups, String.valueOf(row.peer()), row.threads(), row.peerCores());
      }
    }
    if (!groups.isEmpty()) {
      out.println();
      out.println("cores that were busy, mean and most");
    }
    groups.forEach((group, of) ->
        out.println(
            String.format(Locale.ROOT, "%s  %5.2f %5.2f", group, of.getAverage(), of.getMax())));
  }

  private static void count(
      Map<String, DoubleSummaryStatistics> groups, String name, int threads, double cores) {
    if (!Double.isNaN(cores)) {
      groups
          .computeIfAbsent(
              "%-10s threads %d".formatted(name, threads), g -> new DoubleSummaryStatistics())
          .accept(cores);
    }
  }

  /// Prints how far the cores were apart, which decides what a second thread gives.
  private static void handovers(List<Row> rows, PrintStream out) {
    double[] nanos =
        rows.stream().mapToDouble(Row::handoverNs).filter(ns -> !Double.isNaN(ns)).toArray();
    if (nanos.length > 0) {
      out.println();
      out.println(
          String.format(
              Locale.ROOT,
              "a line of the cache to another core and back: median %.0f ns, least %.0f, most %.0f",
              Medians.median(nanos),
              Arrays.stream(nanos).min().orElse(Double.NaN),
              Arrays.stream(nanos).max().orElse(Double.NaN)));
    }
  }

  /// Prints which way of several was the faster and so was measured.
  private static void variants(List<Row> rows, PrintStream out) {
    Map<String, List<String>> groups = new LinkedHashMap<>();
    for (Row row : rows) {
      if (!row.variant().equals(Task.PLAIN)) {
        groups
            .computeIfAbsent(
                "%s threads %d, %s".formatted(row.peer(), row.threads(), row.variant()),
                group -> new ArrayList<>())
            .add(row.name());
      }
    }
    if (!groups.isEmpty()) {
      out.println();
      out.println("of several settings, the fastest");
    }
    groups.forEach((group, names) -> out.println(group + ": " + String.join(" ", names)));
  }

  private static void unsettled(List<Row> rows, PrintStream out) {
    List<String> names =
        rows.stream()
            .filter(row -> !row.settled())
            .map(row -> "%s threads %d".formatted(row.name(), row.threads()))
            .distinct()
            .toList();
    if (!names.isEmpty()) {
      out.println();
      out.println("timed before the compiler was done: " + String.join(", ", names));
    }
  }

  private static void settings(List<Row> rows, PrintStream out) {
    List<String> lines =
        rows.stream()
            .flatMap(
                r -> r.peer() == null ? Stream.of() : Stream.of(r.peer() + ": " + r.settings()))
            .distinct()
            .toList();
    if (!lines.isEmpty()) {
      out.println();
      lines.forEach(out::println);
    }
  }
}
