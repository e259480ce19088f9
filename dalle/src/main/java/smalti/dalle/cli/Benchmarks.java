package smalti.dalle.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Is what `smalti bench` runs. The module `bench` provides it; the program alone has none.
public interface Benchmarks {
  /// Says what to measure.
  ///
  /// @param quick whether a few of each kind are enough
  /// @param growth whether to measure also how cost grows with length, picture and batch
  /// @param filters parts of names; none means all
  /// @param threads numbers of threads to measure with
  /// @param peers names of peers, or `all`, or `none`
  /// @param json where to write the rows, null for nowhere
  /// @param device a device to measure too, e.g. `gpu:0`; null for none
  /// @param pytorch a Python whose PyTorch is measured on the same card; null for `python3` where
  ///   the card is one of NVIDIA's
  record Request(
      boolean quick,
      boolean growth,
      List<String> filters,
      List<Integer> threads,
      List<String> peers,
      @Nullable Path json,
      @Nullable String device,
      @Nullable String pytorch) {}

  /// Measures, and prints what it finds.
  ///
  /// @throws IllegalArgumentException if a filter or a peer is unknown
  /// @throws IOException if a measuring process fails or a file cannot be written
  void run(Request request, PrintStream out) throws IOException;
}
