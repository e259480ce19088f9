package smalti.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import smalti.bench.Rotation.Turn;

/// Measures work with JMH, in processes of its own.
final class Measurement {
  /// How the launcher starts the program, and what native libraries want: JavaCPP neither collects
  /// pointers nor asks for the size of the process at each allocation.
  private static final List<String> JVM_OPTIONS =
      List.of(
          "--add-modules=jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED",
          "-XX:+UseParallelGC",
          "-XX:MaxNewSize=64m",
          "-XX:MaxRAMPercentage=60",
          "-Dorg.bytedeco.javacpp.nopointergc=true",
          "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");

  /// Is given by the launcher where the system has huge pages for the asking.
  private static final String HUGE_PAGES = "-XX:+UseTransparentHugePages";

  /// How the line begins in which a process says that numbers differ.
  private static final String DIFFERENT = DifferentNumbersException.class.getName() + ": ";

  private final Peers peers;
  private final List<Integer> threads;
  private final Effort effort;
  private final List<String> extraOptions;

  Measurement(Peers peers, List<Integer> threads, Effort effort, List<String> extraOptions) {
    this.peers = peers;
    this.threads = List.copyOf(threads);
    this.effort = effort;
    this.extraOptions = List.copyOf(extraOptions);
  }

  /// Returns all options of the measuring processes, which may be changed.
  static List<String> flags(List<String> extra) {
    List<String> flags = new ArrayList<>(JVM_OPTIONS);
    if (ManagementFactory.getRuntimeMXBean().getInputArguments().contains(HUGE_PAGES)) {
      flags.add(HUGE_PAGES);
    }
    flags.addAll(extra);
    return flags;
  }

  /// Measures one piece of work beside all peers that can do it; ours once more beside each peer
  /// that needs processes of its own.
  ///
  /// @throws IOException if the processes fail; the message holds what they said
  /// @throws DifferentNumbersException if a peer computes something else
  List<Row> of(Work work) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (Peers part : peers.processes(work, threads)) {
      rows.addAll(of(work, turns(work, part)));
    }
    return rows;
  }

  private List<Row> of(Work work, List<Turn> turns) throws IOException {
    Path notes = Files.createTempFile("smalti-bench", ".notes");
    Path log = Files.createTempFile("smalti-bench", ".log");
    try {
      Collection<RunResult> results = new Runner(options(work, turns, notes, log)).run();
      return Medians.rows(work.name(), times(turns, effort.rounds(), results), Notes.read(notes));
    } catch (RunnerException e) {
      String cause = cause(log, e);
      int name = cause.indexOf(DIFFERENT);
      if (name >= 0) {
        throw new DifferentNumbersException(cause.substring(name + DIFFERENT.length()));
      }
      throw new IOException(work.name() + ": " + cause, e);
    } finally {
      Files.deleteIfExists(notes);
      Files.deleteIfExists(log);
    }
  }

  private List<Turn> turns(Work work, Peers part) {
    List<Turn> turns = new ArrayList<>();
    for (int t : threads) {
      turns.add(new Turn(Ours.NAME, t));
      for (Implementation peer : part.of(work, t)) {
        turns.add(new Turn(peer.name(), t));
      }
    }
    return turns;
  }

  private Options options(Work work, List<Turn> turns, Path notes, Path log) {
    List<String> jvm = flags(extraOptions);
    jvm.add("-D" + Notes.PROPERTY + "=" + notes);
    TimeValue time = TimeValue.milliseconds(effort.millis());
    return new OptionsBuilder()
        .include("^" + Rotation.class.getName().replace(".", "\\.") + "\\.run$")
        .param("work", work.name())
        .param("turns", String.join(",", turns.stream().map(Turn::toString).toList()))
        .param("warmup", String.valueOf(effort.warmup()))
        .param("longestWarmup", String.valueOf(effort.longestWarmup()))
        .forks(effort.forks())
        .warmupIterations(effort.unmeasuredRounds() * turns.size())
        .warmupTime(time)
        .measurementIterations(effort.rounds() * turns.size())
        .measurementTime(time)
        .threads(1)
        .jvmArgs(jvm.toArray(String[]::new))
        .shouldFailOnError(true)
        .output(log.toString())
        .build();
  }

  /// Deals the iterations of all processes out to the turns they belong to. The warm-up of JMH
  /// takes whole rounds, so the first measured iteration is the first turn's.
  private Map<Turn, double[]> times(List<Turn> turns, int rounds, Collection<RunResult> results) {
    Map<Turn, double[]> times = new LinkedHashMap<>();
    turns.forEach(turn -> times.put(turn, new double[effort.forks() * rounds]));
    int fork = 0;
    for (RunResult result : results) {
      for (BenchmarkResult process : result.getBenchmarkResults()) {
        int i = 0;
        for (IterationResult iteration : process.getIterationResults()) {
          double[] of = times.get(turns.get(i % turns.size()));
          if (of != null) {
            of[fork * rounds + i / turns.size()] = iteration.getPrimaryResult().getScore();
          }
          i++;
        }
        fork++;
      }
    }
    return times;
  }

  /// Returns the line of JMH's output that names the exception.
  private static String cause(Path log, RunnerException e) throws IOException {
    return Files.readAllLines(log).stream()
        .filter(line -> line.matches("^(Caused by: )?[\\w.$]+(Exception|Error).*"))
        .findFirst()
        .orElse(String.valueOf(e.getMessage()));
  }
}
