package smalti.bench;

/// Says how long is measured.
///
/// @param forks processes, one after the other
/// @param rounds turns of each implementation in a process
/// @param longRounds the same for work whose runs are long: attention, steps, sampling
/// @param unmeasuredRounds rounds before those, after the warm-up
/// @param millis least length of a turn, in ms; longer where one run is longer
/// @param warmup least length of each implementation's warm-up, in s
/// @param longestWarmup length at which a warm-up ends even if the compiler is not done, in s
record Effort(
    int forks,
    int rounds,
    int longRounds,
    int unmeasuredRounds,
    int millis,
    double warmup,
    double longestWarmup) {
  static Effort quick() {
    return new Effort(1, 5, 3, 0, 100, 0.2, 6);
  }

  static Effort full() {
    return new Effort(3, 7, 7, 1, 100, 1, 60);
  }

  int rounds(Work work) {
    return work.cost() > 1 ? longRounds : rounds;
  }

  @Override
  public String toString() {
    return "%d process%s each, %s rounds of turns"
        .formatted(
            forks,
            forks == 1 ? "" : "es",
            rounds == longRounds
                ? rounds
                : "%d (attention, steps and sampling %d)".formatted(rounds, longRounds));
  }
}
