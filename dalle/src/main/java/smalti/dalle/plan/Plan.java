package smalti.dalle.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.dalle.transformer.LayerPlan;
import smalti.dalle.transformer.TransformerConfig;
import smalti.tensor.AttentionPattern;

/// Holds what a job needs. Sizes are in bytes, times in seconds.
///
/// @param job what would be trained
/// @param cluster on what
/// @param layers number of layers of each attention pattern
/// @param parameters by part
/// @param operations of a step and of the run
/// @param device memory of one device in training across machines
/// @param fits whether that is within the device's memory
/// @param engine memory of this library on one machine
/// @param engineCheckpointed the same with checkpoints
/// @param cache keys and values of a sampled picture in 16 bits
/// @param powerSgd what is sent between machines
/// @param traffic bytes that a device sends in an update
/// @param secondsPerStep time of an update at the cluster's rate, or null if the rate is not known
/// @param secondsPerRun time of all updates
public record Plan(
    Job job,
    Cluster cluster,
    Map<String, Long> layers,
    ParameterCount parameters,
    Operations operations,
    DeviceMemory device,
    boolean fits,
    EngineMemory engine,
    EngineMemory engineCheckpointed,
    CacheSize cache,
    PowerSgd powerSgd,
    Traffic traffic,
    @Nullable Double secondsPerStep,
    @Nullable Double secondsPerRun) {
  private static final int HALF = 2;

  /// Computes all of it.
  public static Plan of(Job job, Cluster cluster) {
    TransformerConfig c = job.model();
    Map<String, Long> layers = new LinkedHashMap<>();
    LayerPlan.of(c).forEach(p -> layers.merge(kind(p), 1L, Long::sum));
    Operations operations = Operations.of(job);
    DeviceMemory device = DeviceMemory.of(job, cluster);
    PowerSgd compression = PowerSgd.of(c, job.rank(), cluster.perMachine());
    Double seconds =
        cluster.tflops() == 0
            ? null
            : operations.perStepRecomputed() / (cluster.tflops() * 1e12 * cluster.gpus());
    return new Plan(
        job,
        cluster,
        layers,
        ParameterCount.of(c),
        operations,
        device,
        device.total() <= cluster.gigabytes() * 1e9,
        EngineMemory.of(c, job.atOnce(), false, job.average()),
        EngineMemory.of(c, job.atOnce(), true, job.average()),
        CacheSize.of(c, HALF),
        compression,
        Traffic.of(job, cluster, compression),
        seconds,
        seconds == null ? null : seconds * job.steps());
  }

  private static String kind(AttentionPattern pattern) {
    return switch (pattern) {
      case AttentionPattern.Row _ -> "row";
      case AttentionPattern.Column _, AttentionPattern.TransposedColumn _ -> "column";
      case AttentionPattern.Conv _, AttentionPattern.Neighbourhood _ -> "convolutional";
      case AttentionPattern.Causal _, AttentionPattern.Full _ -> "full";
    };
  }
}
