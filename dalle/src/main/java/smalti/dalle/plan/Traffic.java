package smalti.dalle.plan;

/// Counts the bytes of an update that each device sends (Ramesh et al. 2021, section 2.5).
///
/// @param allGather of parameters inside a machine, for the forward and for the backward pass
/// @param reduceScatter of gradients inside a machine
/// @param betweenMachines handed to the sum over machines: factors (or gradients) in 16 bits, and
///   what is not compressed in 32
public record Traffic(double allGather, double reduceScatter, double betweenMachines) {

  /// Counts.
  public static Traffic of(Job job, Cluster cluster, PowerSgd compression) {
    ParameterCount count = ParameterCount.of(job.model());
    double once = 2.0 * count.core() * (1 - 1.0 / cluster.perMachine());
    double between =
        cluster.machines() == 1
            ? 0
            : compression.sentBytes() + 4.0 * count.rest() / cluster.perMachine();
    return new Traffic(2 * once, once, between);
  }
}
