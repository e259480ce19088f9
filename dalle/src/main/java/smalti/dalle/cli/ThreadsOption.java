package smalti.dalle.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import smalti.tensor.Parallel;

/// Is the option that all commands share.
final class ThreadsOption {
  private static final int MOST = 1024;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "threads (default: all cores); the results are the same bits for any number")
  private @Nullable Integer threads;

  /// Sets the number of threads of this process.
  void apply() {
    if (threads == null) {
      return;
    }
    if (threads < 1 || threads > MOST) {
      throw new UserError("--threads must be from 1 to %d; got %d".formatted(MOST, threads));
    }
    Parallel.threads(threads);
  }
}
