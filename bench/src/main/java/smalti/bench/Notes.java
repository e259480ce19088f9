package smalti.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import smalti.bench.Rotation.Turn;

/// Carries what a forked process finds out beside its times to the process that started it: lines
/// of words parted by tabs, in a file named by a system property.
///
/// @param differences what each peer's numbers differ by
/// @param cores how many cores were busy in each turn, in each process
/// @param variants the fastest variants of each turn, where there were several, parted by commas
///   where processes chose differently
/// @param handovers how far the cores were apart each time that a turn began, in ns; none on one
///   thread
/// @param unsettled the turns whose warm-up ended before the compiler rested
record Notes(
    List<Note> differences,
    Map<Turn, List<Double>> cores,
    Map<Turn, String> variants,
    Map<Turn, List<Double>> handovers,
    Set<Turn> unsettled) {
  static final String PROPERTY = "smalti.bench.notes";

  /// Is what a peer's numbers differ by, and its settings.
  record Note(String peer, double difference, String settings) {}

  static void difference(String peer, double difference, String settings) {
    write("difference", peer, String.valueOf(difference), settings.replaceAll("\\s+", " "));
  }

  static void cores(Turn turn, double cores) {
    write("cores", turn.toString(), String.valueOf(cores));
  }

  static void variant(Turn turn, String variant) {
    if (!variant.equals(Task.PLAIN)) {
      write("variant", turn.toString(), variant);
    }
  }

  static void handover(Turn turn, double nanos) {
    write("handover", turn.toString(), String.valueOf(nanos));
  }

  static void unsettled(Turn turn) {
    write("unsettled", turn.toString());
  }

  private static void write(String... words) {
    String file = System.getProperty(PROPERTY);
    if (file == null) {
      return;
    }
    try {
      Files.writeString(
          Path.of(file),
          String.join("\t", words) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Notes read(Path file) throws IOException {
    List<Note> differences = new ArrayList<>();
    Map<Turn, List<Double>> cores = new HashMap<>();
    Map<Turn, String> variants = new HashMap<>();
    Map<Turn, List<Double>> handovers = new HashMap<>();
    Set<Turn> unsettled = new HashSet<>();
    for (String line : Files.readAllLines(file)) {
      String[] words = line.split("\t", -1);
      switch (words[0]) {
        case "cores" -> add(cores, words);
        case "handover" -> add(handovers, words);
        case "variant" ->
            variants.merge(
                Turn.parse(words[1]), words[2], (a, b) -> a.contains(b) ? a : a + ", " + b);
        case "unsettled" -> unsettled.add(Turn.parse(words[1]));
        default -> differences.add(new Note(words[1], Double.parseDouble(words[2]), words[3]));
      }
    }
    return new Notes(differences, cores, variants, handovers, unsettled);
  }

  private static void add(Map<Turn, List<Double>> numbers, String[] words) {
    numbers
        .computeIfAbsent(Turn.parse(words[1]), turn -> new ArrayList<>())
        .add(Double.parseDouble(words[2]));
  }

  /// Returns the mean number of cores that were busy in a turn; NaN where it is not known.
  double coresOf(Turn turn) {
    return cores.getOrDefault(turn, List.of()).stream()
        .mapToDouble(Double::doubleValue)
        .average()
        .orElse(Double.NaN);
  }

  /// Returns the median time in which a line of the cache went to another core and back, in ns; NaN
  /// for a turn on one thread.
  double handoverOf(Turn turn) {
    double[] nanos =
        handovers.getOrDefault(turn, List.of()).stream().mapToDouble(Double::doubleValue).toArray();
    return nanos.length == 0 ? Double.NaN : Medians.median(nanos);
  }

  /// Returns what was found out about a peer, as far as anything was.
  Note of(String peer) {
    return differences.stream()
        .filter(n -> n.peer().equals(peer))
        .findFirst()
        .orElse(new Note(peer, Double.NaN, ""));
  }
}
