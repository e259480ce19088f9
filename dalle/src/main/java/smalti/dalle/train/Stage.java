package smalti.dalle.train;

import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Is a training that goes on one update at a time and can be saved between any two.
public interface Stage {
  /// Returns the name, `vae` or `dalle`.
  String name();

  /// Returns the number of updates in all.
  long steps();

  /// Returns the number of updates done.
  long done();

  /// Returns the number of examples of an update.
  int batch();

  /// Does one update and returns its numbers by name, `loss` first.
  ///
  /// @throws DivergedException if the loss is not finite; the parameters stay as they were, except
  ///   on a device, which says so only when the update is done
  Map<String, Double> advance();

  /// Returns what the user should know of the last updates, in one sentence, or null.
  default @Nullable String warning() {
    return null;
  }

  /// Saves what is needed to go on bit by bit.
  ///
  /// @throws IOException if a file cannot be written; older ones stay whole
  void save(RunFolder folder) throws IOException;
}
