package smalti.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/// Watches the just-in-time compiler.
final class Compilation {
  /// The part of the time that compiling may take and still count as rest: some small method is
  /// always found late.
  private static final double LITTLE = 0.1;

  private static final double BETWEEN_CHECKS = 0.02;

  private static final @Nullable CompilationMXBean COMPILER =
      ManagementFactory.getCompilationMXBean();

  private Set<String> queue = Set.of();
  private long millis = millis();
  private long checked = System.nanoTime();
  private long active = checked;

  /// Returns for how long the compiler has rested, in seconds; to be asked again and again. It
  /// rests while it takes next to no time and has nothing to do.
  double rested() {
    long now = System.nanoTime();
    if ((now - checked) * 1e-9 >= BETWEEN_CHECKS) {
      checked = now;
      long total = millis();
      if ((total - millis) * 1e6 > LITTLE * (now - active) || isStuck()) {
        active = now;
        millis = total;
      }
    }
    return (checked - active) * 1e-9;
  }

  /// Returns the time that compiling took so far, in ms; a method counts when it is done.
  private static long millis() {
    return COMPILER != null && COMPILER.isCompilationTimeMonitoringSupported()
        ? COMPILER.getTotalCompilationTime()
        : 0;
  }

  /// Returns whether a method that was in the compiler's hands or queue at the last check still is:
  /// the time says nothing of it yet. Each is a line with a number, `Class::name`.
  private boolean isStuck() {
    Set<String> before = queue;
    queue = queue();
    return queue.stream().anyMatch(before::contains);
  }

  private static Set<String> queue() {
    try {
      Object text =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "compilerQueue",
                  new Object[] {},
                  new String[] {});
      return String.valueOf(text)
          .lines()
          .filter(line -> line.contains("::"))
          .map(line -> line.replaceFirst(".*CompilerThread\\d+", "").strip())
          .collect(Collectors.toSet());
    } catch (JMException e) { // another Java than HotSpot: the time must do
      return Set.of();
    }
  }
}
