package smalti.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import smalti.bench.Rotation.Turn;

/// Turns times into rows.
final class Medians {
  /// Names ours on one thread as a peer of ours on several.
  static final String ON_ONE = "ours-one";

  private Medians() {}

  /// Returns a row for each peer and number of threads; a row of ours alone where it had no peer.
  /// Whole steps and samplings on several threads also have a row beside ours on one.
  ///
  /// @param times for each turn the times of its rounds, in ms
  static List<Row> rows(String work, Map<Turn, double[]> times, Notes notes) {
    List<Row> rows = new ArrayList<>();
    for (int threads : times.keySet().stream().map(Turn::threads).distinct().toList()) {
      double[] ours = times.get(new Turn(Ours.NAME, threads));
      if (ours == null) {
        throw new IllegalArgumentException("bench: ours was not measured");
      }
      int before = rows.size();
      times.forEach((turn, theirs) -> {
        if (turn.threads() == threads && !turn.implementation().equals(Ours.NAME)) {
          rows.add(row(work, turn, ours, theirs, notes));
        }
      });
      if (rows.size() == before) {
        Turn turn = new Turn(Ours.NAME, threads);
        boolean settled = !notes.unsettled().contains(turn);
        rows.add(Row.alone(work, threads, median(ours), notes.coresOf(turn), settled));
      }
      double[] onOne = times.get(new Turn(Ours.NAME, 1));
      if (threads > 1 && onOne != null && isWhole(work)) {
        rows.add(overOne(work, threads, ours, onOne, notes));
      }
    }
    return rows;
  }

  private static boolean isWhole(String work) {
    return work.startsWith("step.") || work.startsWith("sample.");
  }

  private static Row overOne(String work, int threads, double[] ours, double[] onOne, Notes notes) {
    Turn own = new Turn(Ours.NAME, threads);
    Turn one = new Turn(Ours.NAME, 1);
    return new Row(
        work,
        threads,
        median(ours),
        ON_ONE,
        median(onOne),
        median(ratios(ours, onOne)),
        Double.NaN,
        "smalti on one thread, in the same rounds",
        notes.coresOf(own),
        notes.coresOf(one),
        Task.PLAIN,
        !notes.unsettled().contains(own) && !notes.unsettled().contains(one),
        null);
  }

  private static double[] ratios(double[] ours, double[] theirs) {
    double[] ratios = new double[Math.min(ours.length, theirs.length)];
    Arrays.setAll(ratios, i -> theirs[i] / ours[i]);
    return ratios;
  }

  private static Row row(String work, Turn turn, double[] ours, double[] theirs, Notes notes) {
    Notes.Note note = notes.of(turn.implementation());
    Turn own = new Turn(Ours.NAME, turn.threads());
    return new Row(
        work,
        turn.threads(),
        median(ours),
        turn.implementation(),
        median(theirs),
        median(ratios(ours, theirs)),
        note == null ? Double.NaN : note.difference(),
        note == null ? "" : note.settings(),
        notes.coresOf(own),
        notes.coresOf(turn),
        notes.variants().getOrDefault(turn, Task.PLAIN),
        !notes.unsettled().contains(own) && !notes.unsettled().contains(turn),
        null);
  }

  /// Returns the middle number, or the mean of the two middle ones.
  ///
  /// @throws IllegalArgumentException if there is none
  static double median(double... numbers) {
    if (numbers.length == 0) {
      throw new IllegalArgumentException("median: of no numbers");
    }
    double[] sorted = numbers.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /// Returns the geometric mean.
  static double geometricMean(double... numbers) {
    return Math.exp(Arrays.stream(numbers).map(Math::log).average().orElse(Double.NaN));
  }
}
