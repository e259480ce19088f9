package smalti.bench;

import java.util.List;

/// Is a piece of work made ready by one implementation: inputs in its own memory and layout.
public interface Task extends AutoCloseable {
  /// The only variant of a task that can be done in one way.
  String PLAIN = "";

  /// Does the work once. This is what is timed.
  void run();

  /// Does the work once on the given inputs and returns its numbers, to be compared with those of
  /// another implementation. Is called before [#run], which may change weights.
  List<float[]> results();

  /// Returns the ways in which the work can be done on the number of threads that is set, in words
  /// for people. The fastest is what is measured.
  default List<String> variants() {
    return List.of(PLAIN);
  }

  /// Chooses one of [#variants] for the runs that follow, on the number of threads that is set.
  default void use(String variant) {}

  /// Frees what is not on the Java heap.
  @Override
  default void close() {}
}
