package smalti.bench;

/// Says how long is measured.
///
/// @param forks processes, one after the other
/// @param rounds turns of each implementation in a process
/// @param millis least length of a turn, in ms; longer where one run is longer
/// @param warmup least length of each implementation's warm-up, in s
record Effort(int forks, int rounds, int millis, double warmup) {
  static Effort quick() {
    return new Effort(1, 5, 40, 0.3);
  }

  static Effort full() {
    return new Effort(3, 7, 100, 1);
  }
}
