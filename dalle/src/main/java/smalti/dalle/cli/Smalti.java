package smalti.dalle.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import smalti.dalle.train.DivergedException;

/// Starts the program `smalti`.
@Command(
    name = "smalti",
    version = "smalti 0.1.0",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Trains a DALL-E from scratch and makes pictures from texts.",
    footer = {
      "",
      "Begin with:  smalti demo --data shapes",
      "Exit codes: 0 done, 2 something to mend (said in one line), 130 interrupted."
    },
    subcommands = {
      DemoCommand.class,
      TrainCommand.class,
      GenerateCommand.class,
      ReconstructCommand.class
    })
public final class Smalti implements Runnable {
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
    Interrupt interrupt = Interrupt.listen();
    int code = run(args);
    interrupt.done();
    System.exit(code);
  }

  /// Runs a command line and returns its exit code; nothing it can meet ends in a stack trace.
  static int run(String... args) {
    CommandLine line = new CommandLine(new Smalti());
    line.setExitCodeExceptionMapper(e -> USER_ERROR);
    line.setParameterExceptionHandler(Smalti::badArguments);
    line.setExecutionExceptionHandler((e, command, parsed) -> report(e));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    try {
      int code = line.execute(args);
      return Interrupt.current().requested() ? INTERRUPTED : code;
    } catch (OutOfMemoryError e) {
      return fail("out of memory; lower the batch or the sizes, or raise it with SMALTI_OPTS=-Xmx…");
    }
  }

  private static int badArguments(ParameterException e, String[] args) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("bad arguments");
    System.err.println("%s: %s. See: %s --help".formatted(command, strip(message), command));
    return USER_ERROR;
  }

  private static String strip(String message) {
    return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
  }

  private static int report(Exception e) {
    return switch (e) {
      case UserError u -> fail(u.getMessage());
      case Interrupted i -> fail(i.getMessage());
      case DivergedException d -> fail(d.getMessage());
      case UncheckedIOException u -> fail(sentence(u.getCause()));
      case IOException io -> fail(sentence(io));
      case IllegalArgumentException i -> fail(i.getMessage());
      default -> fail("this is a fault of smalti itself, please report it: " + trail(e));
    };
  }

  private static String sentence(@Nullable IOException e) {
    return switch (e) {
      case null -> "reading or writing failed";
      case NoSuchFileException n -> n.getFile() + ": not found";
      case AccessDeniedException a -> a.getFile() + ": permission denied";
      case FileSystemException f when f.getReason() != null ->
          f.getFile() + ": " + f.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  /// One line that a maintainer can use: the exception and the places nearest to it.
  private static String trail(Exception e) {
    StringBuilder text = new StringBuilder(e.toString());
    StackTraceElement[] places = e.getStackTrace();
    for (int i = 0; i < Math.min(3, places.length); i++) {
      text.append(" < ").append(places[i]);
    }
    return text.toString();
  }

  private static int fail(@org.jspecify.annotations.Nullable String message) {
    System.err.println("smalti: " + String.valueOf(message).lines().findFirst().orElse(""));
    return USER_ERROR;
  }
}
