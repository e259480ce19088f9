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
          Turn own = new Turn(Ours.NAME, threads);
          rows.add(row(work, own, turn, notes.of(turn.implementation()), ours, theirs, notes));
        }
      });
      if (rows.size() == before) {
        Turn turn = new Turn(Ours.NAME, threads);
        boolean settled = !notes.unsettled().contains(turn);
        rows.add(
            Row.alone(
                work, threads, median(ours), notes.coresOf(turn), notes.handoverOf(turn), settled));
      }
      double[] onOne = times.get(new Turn(Ours.NAME, 1));
      if (threads > 1 && onOne != null && isWhole(work)) {
        Turn one = new Turn(Ours.NAME, 1);
        Notes.Note note = new Notes.Note(ON_ONE, Double.NaN, "smalti on one thread, same rounds");
        rows.add(row(work, new Turn(Ours.NAME, threads), one, note, ours, onOne, notes));
      }
    }
    return rows;
  }

  private static boolean isWhole(String work) {
    return work.startsWith("step.") || work.startsWith("sample.");
  }

  private static double[] ratios(double[] ours, double[] theirs) {
    double[] ratios = new double[Math.min(ours.length, theirs.length)];
    Arrays.setAll(ratios, i -> theirs[i] / ours[i]);
    return ratios;
  }

  private static Row row(
      String work,
      Turn own,
      Turn other,
      Notes.Note note,
      double[] ours,
      double[] theirs,
      Notes notes) {
    return new Row(
        work,
        own.threads(),
        median(ours),
        note.peer(),
        median(theirs),
        median(ratios(ours, theirs)),
        note.difference(),
        note.settings(),
        notes.coresOf(own),
        notes.coresOf(other),
        notes.variants().getOrDefault(other, Task.PLAIN),
        !notes.unsettled().contains(own) && !notes.unsettled().contains(other),
        notes.handoverOf(own),
        Double.NaN,
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
