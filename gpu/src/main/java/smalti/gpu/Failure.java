package smalti.gpu;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import smalti.gpu.kernel.Kernel;

/// Makes sentences of what TornadoVM throws. It compiles a kernel twice: to its own form when the
/// kernel joins a graph, and for the device when the graph first runs.
final class Failure {
  /// Names the task that the driver did not compile, e.g. `smalti.matmul_0`.
  private static final Pattern TASK =
      Pattern.compile("Unable to compile task " + Plan.GRAPH + "\\.(\\w+)_\\d+");

  private static final Pattern COLOUR = Pattern.compile("\u001b\\[[;\\d]*m");
  private static final Pattern REST = Pattern.compile("(?s)\\s*Stacktrace:.*");

  private Failure() {}

  /// Returns the exception for a kernel that cannot join a graph.
  static IllegalStateException compiling(Kernel kernel, String device, RuntimeException e) {
    return compiling(kernel.task(), device, e);
  }

  private static IllegalStateException compiling(String kernel, String device, RuntimeException e) {
    return new IllegalStateException(
        "gpu: cannot compile the kernel %s for %s: %s".formatted(kernel, device, said(e)), e);
  }

  /// Returns the exception for a graph that does not run; where a kernel was not compiled, it names
  /// this one.
  static IllegalStateException running(List<Kernel> kernels, String device, RuntimeException e) {
    Matcher task = TASK.matcher(said(e));
    if (task.find()) {
      return compiling(task.group(1), device, e);
    }
    return new IllegalStateException(
        "gpu: %s cannot run %s: %s".formatted(device, Plan.names(kernels), said(e)), e);
  }

  private static String said(RuntimeException e) {
    String plain = COLOUR.matcher(String.valueOf(e.getMessage())).replaceAll("");
    return REST.matcher(plain).replaceAll("").replaceAll("\\s*\\R\\s*", " ").strip();
  }
}
