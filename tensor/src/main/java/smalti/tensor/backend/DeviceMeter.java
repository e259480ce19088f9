package smalti.tensor.backend;

import java.util.Map;

/// Measures a device: what it can do at most, and where the time of its work goes. Benchmarks ask a
/// [Backend] for it.
public interface DeviceMeter {

  /// Says what the device can do at most.
  ///
  /// @param gflops multiply-adds in registers, two operations each, in 10⁹ a second
  /// @param gigabytes bytes read and written by `y = αx + βy` on arrays far larger than the caches,
  ///   in 10⁹ a second
  record Roof(double gflops, double gigabytes) {}

  /// Says where the time of some work went.
  ///
  /// @param totalMs from its begin to its end, in ms
  /// @param kernelMs kernels computing
  /// @param transferMs numbers on their way to the device and back
  /// @param bytesIn bytes sent to the device
  /// @param bytesOut bytes read back
  /// @param tasks kernels that ran
  /// @param kernelsMs what each kernel, by its name, took of `kernelMs`
  record Split(
      double totalMs,
      double kernelMs,
      double transferMs,
      long bytesIn,
      long bytesOut,
      int tasks,
      Map<String, Double> kernelsMs) {

    /// Returns what is left, in ms: recording, launching, waiting.
    public double launchMs() {
      return Math.max(0, totalMs - kernelMs - transferMs);
    }
  }

  /// Measures what the device can do.
  Roof roof();

  /// Runs some work and says where its time went.
  Split split(Runnable work);
}
