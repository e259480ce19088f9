package smalti.dalle.cli;

import java.util.Locale;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Starts the program `smalti`.
@Command(
    name = "smalti",
    versionProvider = Smalti.Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Trains a DALL-E from scratch and makes pictures from texts.",
    footer = {
      "",
      "Begin with:  smalti demo --data shapes",
      "Each command explains itself:  smalti train --help",
      "",
      "Exit codes: 0 done, 2 something to mend (said in one line), 130 stopped by Ctrl-C and"
          + " 143 by SIGTERM (a training has been saved), 1 a fault of the program.",
      "Memory for Java: SMALTI_OPTS=-Xmx8g smalti ..."
    },
    subcommands = {
      DemoCommand.class,
      TrainCommand.class,
      GenerateCommand.class,
      ReconstructCommand.class,
      EvaluateCommand.class,
      BenchCommand.class,
      InspectCommand.class,
      ConvertCommand.class,
      PlanCommand.class,
      DevicesCommand.class,
      HelpCommand.class
    })
public final class Smalti implements Runnable {
  private static final int FAULT = 1;
  private static final int USER_ERROR = 2;
  private static final int INTERRUPTED = 130;

  private Smalti() {}

  /// Prints the usage, since a command is missing.
  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }

  /// Runs the command line and exits with its code.
  public static void main(String[] args) {
    System.setProperty("java.awt.headless", "true");
    Locale.setDefault(Locale.ROOT); // numbers look the same everywhere
    Interrupt interrupt = Interrupt.listen();
    int code = run(args);
    interrupt.done();
    System.exit(code);
  }

  /// Runs a command line and returns its exit code; nothing it can meet ends in a stack trace.
  static int run(String... args) {
    CommandLine line = new CommandLine(new Smalti());
    line.setParameterExceptionHandler((e, _) -> badArguments(e));
    line.setExecutionExceptionHandler((e, _, _) -> failed(e));
    try {
      return line.execute(args);
    } catch (OutOfMemoryError e) {
      return say(
          "out of memory; lower the batch or the sizes in config.json, or give Java more with"
              + " SMALTI_OPTS=-Xmx8g",
          USER_ERROR);
    } catch (RuntimeException | Error e) { // picocli passes errors on
      return say(Faults.unexpected(e), FAULT);
    }
  }

  private static int badArguments(ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    String message = Faults.line(Objects.requireNonNullElse(e.getMessage(), "bad arguments"));
    if (message.endsWith(".")) {
      message = message.substring(0, message.length() - 1);
    }
    if (e instanceof UnmatchedArgumentException u && !u.getSuggestions().isEmpty()) {
      message += "; did you mean " + String.join(" or ", u.getSuggestions()) + "?";
    } else {
      message += ".";
    }
    System.err.println("%s: %s See: %s --help".formatted(command, message, command));
    return USER_ERROR;
  }

  private static int failed(Exception e) {
    return switch (e) {
      case Interrupted i -> say(String.valueOf(i.getMessage()), INTERRUPTED);
      case Exception other when Faults.ofUser(other) -> say(Faults.sentence(other), USER_ERROR);
      default -> say(Faults.unexpected(e), FAULT);
    };
  }

  private static int say(String message, int code) {
    System.err.println("smalti: " + Faults.line(message));
    return code;
  }

  /// Tells the version that the jar's manifest holds.
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Smalti.class.getPackage().getImplementationVersion();
      return new String[] {"smalti " + Objects.requireNonNullElse(version, "(not packaged)")};
    }
  }
}
