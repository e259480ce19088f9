package smalti.bench;

import java.util.List;

/// Is a piece of work made ready by one implementation: inputs in its own memory and layout.
public interface Task extends AutoCloseable {
  /// Does the work once. This is what is timed.
  void run();

  /// Does the work once on the given inputs and returns its numbers, to be compared with those of
  /// another implementation. Is called before [#run], which may change weights.
  List<float[]> results();

  /// Frees what is not on the Java heap.
  @Override
  default void close() {}
}
