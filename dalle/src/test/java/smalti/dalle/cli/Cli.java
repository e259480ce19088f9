package smalti.dalle.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// Runs command lines in this process and keeps what they print.
final class Cli {
  private Cli() {}

  /// Holds what a command line came to.
  record Outcome(int code, List<String> out, List<String> err) {}

  static Outcome run(Object... args) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    try {
      int code = Smalti.run(Arrays.stream(args).map(Object::toString).toArray(String[]::new));
      return new Outcome(code, lines(outBytes), lines(errBytes));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private static List<String> lines(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
