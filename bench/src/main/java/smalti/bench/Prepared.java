package smalti.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Holds the tasks of a piece of work, whose numbers have been compared.
record Prepared(Map<String, Implementation> implementations, Map<String, Task> tasks) {

  /// Makes the tasks ready and compares each peer's numbers with ours.
  ///
  /// @throws IllegalStateException if they differ by more than rounding
  static Prepared of(Work work, List<Rotation.Turn> turns) {
    Map<String, Implementation> implementations = new LinkedHashMap<>();
    Map<String, Task> tasks = new LinkedHashMap<>();
    List<float[]> ours = List.of();
    for (String name : turns.stream().map(Rotation.Turn::implementation).distinct().toList()) {
      Implementation implementation = Implementations.named(name);
      Task task = implementation.prepare(work);
      implementations.put(name, implementation);
      tasks.put(name, task);
      if (name.equals(Ours.NAME)) {
        ours = task.results();
      } else if (implementation.computesTheSame(work)) {
        double difference = Difference.of(ours, task.results());
        Notes.difference(name, difference, implementation.settings());
        if (!(difference < Difference.MOST)) {
          throw new IllegalStateException(
              "%s: the numbers of %s differ from ours by %.2g of the largest"
                  .formatted(work.name(), name, difference));
        }
      } else {
        Notes.difference(name, Double.NaN, implementation.settings());
      }
    }
    return new Prepared(implementations, tasks);
  }

  Implementation implementation(String name) {
    return Objects.requireNonNull(implementations.get(name));
  }

  Task task(String name) {
    return Objects.requireNonNull(tasks.get(name));
  }
}
