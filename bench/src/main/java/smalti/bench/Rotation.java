package smalti.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// Is what JMH times: one piece of work, whose implementations take turns.
///
/// Every iteration of JMH belongs to the next turn: ours, each peer, then the same on the next
/// number of threads, and from the beginning again. So a machine that slows down for a while slows
/// down all of them, and ratios are taken between neighbours. Before each turn the process rests,
/// so that no thread of the last one still looks for work; and each turn begins with a run that is
/// not measured, as the next step of a training finds in the caches what the last one left there,
/// not what another library did.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class Rotation {
  /// Is one implementation on a number of threads.
  ///
  /// @param implementation its name
  record Turn(String implementation, int threads) {
    @Override
    public String toString() {
      return implementation + "@" + threads;
    }

    static Turn parse(String text) {
      int at = text.lastIndexOf('@');
      return new Turn(text.substring(0, at), Integer.parseInt(text.substring(at + 1)));
    }
  }

  /// The name of the work.
  @Param("")
  public String work = "";

  /// The turns, `name@threads`, parted by commas.
  @Param("")
  public String turns = "";

  /// Seconds that each turn is warmed up for at least.
  @Param("0.5")
  public double warmup;

  /// Seconds after which a warm-up ends even if the compiler is not done.
  @Param("20")
  public double longestWarmup;

  /// @param variant the fastest way to do the task on the turn's threads
  private record Ready(
      Turn turn, Implementation implementation, Task task, String variant, Cores cores) {
    void set() {
      implementation.threads(turn.threads());
      task.use(variant);
    }
  }

  private final List<Ready> ready = new ArrayList<>();
  private int next;
  private @Nullable Ready current;

  /// Makes all tasks ready, compares their numbers, finds the fastest variants and warms up.
  @Setup(Level.Trial)
  public void prepare() {
    Prepared prepared = Prepared.of(new Suite().named(work), parse(turns));
    for (Turn turn : parse(turns)) {
      Implementation implementation = prepared.implementation(turn.implementation());
      Task task = prepared.task(turn.implementation());
      implementation.threads(turn.threads());
      String variant = Fastest.of(task);
      Notes.variant(turn, variant);
      ready.add(new Ready(turn, implementation, task, variant, new Cores()));
      Cores.rest();
      if (!WarmUp.run(task, warmup, longestWarmup)) {
        Notes.unsettled(turn);
      }
    }
  }

  static List<Turn> parse(String turns) {
    return Arrays.stream(turns.split(",", -1)).map(Turn::parse).toList();
  }

  /// Takes the next turn.
  @Setup(Level.Iteration)
  public void turn() {
    Ready r = ready.get(next++ % ready.size());
    r.set();
    current = r;
    Cores.rest();
    if (r.turn().threads() > 1) { // before the peers' turns too: all begin alike
      Notes.handover(r.turn(), Handover.nanos());
    }
    r.task().run();
    r.cores().start();
  }

  /// Ends the turn.
  @TearDown(Level.Iteration)
  public void end() {
    if (current != null) {
      current.cores().stop();
    }
  }

  /// Does the work.
  @Benchmark
  public void run() {
    if (current != null) {
      current.task().run();
    }
  }

  /// Notes how many cores were busy, and frees the tasks.
  @TearDown(Level.Trial)
  public void close() {
    ready.forEach(r -> Notes.cores(r.turn(), r.cores().mean()));
    ready.stream().map(Ready::task).distinct().forEach(Task::close);
  }
}
