package smalti.bench;

import org.jspecify.annotations.Nullable;

/// Is a line of the results: the median time of ours and of one peer.
///
/// @param name the work
/// @param threads threads of both
/// @param oursMs median time of one run of ours, in ms
/// @param peer the peer, null where ours ran alone
/// @param peerMs median time of one run of the peer, in ms; NaN where ours ran alone
/// @param ratio median, over neighbouring turns, of the peer's time over ours: above 1 ours is
///   faster; NaN where ours ran alone
/// @param difference largest difference of the two results relative to the largest number; NaN
///   where they compute different things
/// @param settings the peer's version and settings
/// @param oursCores how many cores were busy while ours was timed, on the average; NaN where
///   unknown
/// @param peerCores the same for the peer
/// @param variant which way to do the work the peer chose as the fastest; empty where it has one
/// @param settled whether the compiler rested before either was timed
/// @param handoverNs how long a line of the cache took to another core and back, in ns, median over
///   the turns of ours; NaN on one thread
/// @param roofMs the least time by the roofline model, in ms; NaN where unknown
/// @param memory peak resident memory of both, where it was measured
record Row(
    String name,
    int threads,
    double oursMs,
    @Nullable String peer,
    double peerMs,
    double ratio,
    double difference,
    String settings,
    double oursCores,
    double peerCores,
    String variant,
    boolean settled,
    double handoverNs,
    double roofMs,
    @Nullable Memory memory) {

  /// Holds the peak resident memory of a few training steps in processes of their own, Java and
  /// libraries included, in MB (10⁶ bytes).
  record Memory(double oursMb, double peerMb) {}

  /// Returns the row of ours without a peer.
  static Row alone(
      String name, int threads, double ms, double cores, double handover, boolean settled) {
    double none = Double.NaN;
    return new Row(
        name,
        threads,
        ms,
        null,
        none,
        none,
        none,
        "",
        cores,
        none,
        Task.PLAIN,
        settled,
        handover,
        none,
        null);
  }

  Row with(Memory measured) {
    return with(roofMs, measured);
  }

  /// Returns the row with the least time that the work can take, in ms; 0 where it is unknown.
  Row beneath(double roof) {
    return with(roof > 0 ? roof : Double.NaN, memory);
  }

  private Row with(double roof, @Nullable Memory measured) {
    return new Row(
        name,
        threads,
        oursMs,
        peer,
        peerMs,
        ratio,
        difference,
        settings,
        oursCores,
        peerCores,
        variant,
        settled,
        handoverNs,
        roof,
        measured);
  }
}
