package smalti.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Holds the tasks of a piece of work, whose numbers have been compared.
record Prepared(Map<String, Implementation> implementations, Map<String, Task> tasks) {

  /// Makes the tasks ready and compares each peer's numbers with ours.
  ///
  /// @throws DifferentNumbersException if they differ by more than rounding
  static Prepared of(Work work, List<Rotation.Turn> turns) {
    Map<String, Implementation> implementations = new LinkedHashMap<>();
    Map<String, Task> tasks = new LinkedHashMap<>();
    List<float[]> ours = List.of();
    for (Rotation.Turn turn : turns) {
      String name = turn.implementation();
      if (tasks.containsKey(name)) {
        continue;
      }
      Implementation implementation = Implementations.named(name);
      implementation.threads(turn.threads());
      Task task = implementation.prepare(work);
      implementations.put(name, implementation);
      tasks.put(name, task);
      if (name.equals(Ours.NAME)) {
        ours = task.results();
      } else {
        double difference =
            implementation.computesTheSame(work) ? compare(work, name, ours, task) : Double.NaN;
        Notes.difference(name, difference, implementation.settings());
      }
    }
    return new Prepared(implementations, tasks);
  }

  /// Returns the largest difference of all variants.
  private static double compare(Work work, String name, List<float[]> ours, Task task) {
    double most = 0;
    for (String variant : task.variants()) {
      task.use(variant);
      Difference difference = Difference.of(ours, task.results());
      if (!difference.isRounding(work.hasKinks())) {
        throw new DifferentNumbersException(
            "%s: the numbers of %s differ from ours by %.2g of the largest, most arrays by %.2g"
                .formatted(work.name(), name, difference.most(), difference.typical()));
      }
      most = Math.max(most, difference.most());
    }
    return most;
  }

  Implementation implementation(String name) {
    return Objects.requireNonNull(implementations.get(name));
  }

  Task task(String name) {
    return Objects.requireNonNull(tasks.get(name));
  }
}
