package smalti.bench;

/// Says how long is measured.
///
/// @param forks processes, one after the other
/// @param rounds turns of each implementation in a process
/// @param unmeasuredRounds rounds before those, after the warm-up
/// @param millis least length of a turn, in ms; longer where one run is longer
/// @param warmup least length of each implementation's warm-up, in s
/// @param longestWarmup length at which a warm-up ends even if the compiler is not done, in s
record Effort(
    int forks, int rounds, int unmeasuredRounds, int millis, double warmup, double longestWarmup) {
  static Effort quick() {
    return new Effort(1, 7, 0, 100, 1, 12);
  }

  static Effort full() {
    return new Effort(3, 7, 1, 100, 1, 60);
  }

  @Override
  public String toString() {
    return "%d process%s each, %d rounds of turns".formatted(forks, forks == 1 ? "" : "es", rounds);
  }
}
