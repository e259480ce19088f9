package smalti.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/// Watches the just-in-time compiler.
final class Compilation {
  /// The part of the time that compiling may take and still count as rest: some small method is
  /// always found late.
  private static final double LITTLE = 0.05;

  private static final double BETWEEN_CHECKS = 0.02;

  private static final @Nullable CompilationMXBean COMPILER =
      ManagementFactory.getCompilationMXBean();

  private long millis = millis();
  private long checked = System.nanoTime();
  private long active = checked;

  /// Returns for how long the compiler has rested, in seconds; to be asked again and again. It rests
  /// while it takes next to no time and has nothing to do.
  double rested() {
    long now = System.nanoTime();
    if ((now - checked) * 1e-9 >= BETWEEN_CHECKS) {
      checked = now;
      long total = millis();
      if ((total - millis) * 1e6 > LITTLE * (now - active) || isBusy()) {
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

  /// Returns whether a method, `Class::name`, is being compiled or waits for it, of which the time
  /// says nothing yet.
  private static boolean isBusy() {
    try {
      Object queue =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "compilerQueue",
                  new Object[] {},
                  new String[] {});
      return String.valueOf(queue).contains("::");
    } catch (JMException e) { // another Java than HotSpot: the time must do
      return false;
    }
  }
}
