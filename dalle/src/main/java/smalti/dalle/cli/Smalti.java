package smalti.dalle.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// Starts the program `smalti`.
@Command(
    name = "smalti",
    version = "smalti 0.1.0",
    mixinStandardHelpOptions = true,
    description = "Trains and runs a text-to-image system.")
public final class Smalti implements Runnable {
  private Smalti() {}

  /// Prints the usage, since a command is missing.
  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }

  /// Runs the command line and exits with its code.
  public static void main(String[] args) {
    System.exit(new CommandLine(new Smalti()).execute(args));
  }
}
