package smalti.dalle.train;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// Drives a [Stage] to its end: notes every update, tells a listener, saves from time to time, and
/// stops cleanly when asked to.
public final class TrainingLoop {
  /// Is told of every update.
  @FunctionalInterface
  public interface Listener {
    /// Is called after an update.
    ///
    /// @throws IOException if it writes a file and cannot
    void onStep(Report report) throws IOException;
  }

  /// Describes an update.
  ///
  /// @param stage what is trained
  /// @param numbers the update's numbers by name, `loss` first
  /// @param examplesPerSecond speed over the last updates
  /// @param left time to the end of the stage at this speed
  public record Report(
      Stage stage, Map<String, Double> numbers, double examplesPerSecond, Duration left) {}

  private final RunFolder folder;
  private final Duration saveEvery;
  private final BooleanSupplier interrupted;
  private final Listener listener;

  /// Makes a loop.
  ///
  /// @param saveEvery time between two saves
  /// @param interrupted is asked after every update whether to stop
  public TrainingLoop(
      RunFolder folder, Duration saveEvery, BooleanSupplier interrupted, Listener listener) {
    this.folder = folder;
    this.saveEvery = saveEvery;
    this.interrupted = interrupted;
    this.listener = listener;
  }

  /// Runs a stage and saves it.
  ///
  /// @param history is given every update's numbers
  /// @return whether the stage is complete; if not, it was interrupted and has been saved
  /// @throws IOException if a file cannot be written
  /// @throws DivergedException if the loss is no longer a number
  public boolean run(Stage stage, History history) throws IOException {
    long saved = System.nanoTime();
    Pace pace = new Pace();
    while (stage.done() < stage.steps()) {
      long begin = System.nanoTime();
      Map<String, Double> numbers = stage.advance();
      pace.add((System.nanoTime() - begin) * 1e-9);
      history.add(stage.done(), numbers);
      long left = Math.round((stage.steps() - stage.done()) * pace.seconds());
      listener.onStep(
          new Report(stage, numbers, stage.batch() / pace.seconds(), Duration.ofSeconds(left)));
      boolean stop = interrupted.getAsBoolean();
      if (stop || System.nanoTime() - saved > saveEvery.toNanos()) {
        save(stage, history);
        saved = System.nanoTime();
      }
      if (stop) {
        return false;
      }
    }
    save(stage, history);
    return true;
  }

  /// Saves the table first: a reader leaves out rows that are ahead of the state.
  private void save(Stage stage, History history) throws IOException {
    history.write(folder.history(stage.name()));
    stage.save(folder);
  }
}
