package smalti.dalle.plan;

/// Says on what a job would be trained.
///
/// @param gpus all devices
/// @param perMachine devices of one machine, over which the parameters are sharded
/// @param gigabytes memory of a device in 10⁹ bytes
/// @param tflops 10¹² operations that each device really does in a second, recomputation among
///   them; 0 where it is not known
public record Cluster(int gpus, int perMachine, double gigabytes, double tflops) {
  /// Checks the numbers.
  ///
  /// @throws IllegalArgumentException if they do not fit
  public Cluster {
    if (gpus < 1 || perMachine < 1 || gpus % perMachine != 0) {
      throw new IllegalArgumentException(
          "plan: %d GPUs are not whole machines of %d".formatted(gpus, perMachine));
    }
    if (!(gigabytes > 0) || !(tflops >= 0) || Double.isInfinite(tflops)) {
      throw new IllegalArgumentException(
          "plan: memory must be positive and the rate not negative; got %s GB, %s TFLOPS"
              .formatted(gigabytes, tflops));
    }
  }

  /// Returns the number of machines.
  public int machines() {
    return gpus / perMachine;
  }
}
