package smalti.bench;

/// Is a library that can do some of the work. Peers are found with [java.util.ServiceLoader].
public interface Implementation {
  /// Returns the name that `--peers` and the tables use, e.g. `openblas`.
  String name();

  /// Returns version and settings, for people.
  String settings();

  /// Returns whether it can do a piece of work on a number of threads.
  boolean supports(Work work, int threads);

  /// Sets the number of threads that its work uses from now on.
  void threads(int threads);

  /// Makes work ready.
  Task prepare(Work work);

  /// Returns whether a process can load it beside the other peers. One that cannot is measured
  /// beside ours alone, in processes of its own.
  default boolean sharesProcess() {
    return true;
  }

  /// Returns whether its numbers must equal ours; not so for another function that is timed beside
  /// ours.
  default boolean computesTheSame(Work work) {
    return true;
  }
}
