package smalti.dalle.plan;

import smalti.dalle.transformer.TransformerConfig;

/// Counts the bytes on one device in the paper's training across machines (sections 2.4 and 2.5):
/// matrices of residual branches, their gradients and both moments in 16 bits, everything else in
/// 32 bits, all sharded over the devices of a machine; activations in 16 bits inside branches and
/// 32 bits on the residual stream.
///
/// Gradients are accumulated into PowerSGD's error buffers, so that one buffer serves both.
///
/// @param allParameters of the whole model, if one device had to hold them
/// @param parameters held for good
/// @param gathered whole: two branches, the one at work and the next, which is being fetched, or
///   the tables of tokens and scores
/// @param gradients and error buffers
/// @param moments both of Adam's
/// @param activations kept for the backward pass, with checkpoints
/// @param recomputed activations of the branch at work
/// @param activationsWithoutCheckpoints kept for the backward pass if nothing is computed again
/// @param logits scores and their gradient
/// @param total with checkpoints
/// @param totalWithoutCheckpoints if nothing is computed again
public record DeviceMemory(
    long allParameters,
    long parameters,
    long gathered,
    long gradients,
    long moments,
    long activations,
    long recomputed,
    long activationsWithoutCheckpoints,
    long logits,
    long total,
    long totalWithoutCheckpoints) {
  private static final int HALF = 2;
  private static final int FULL = 4;

  /// Counts.
  public static DeviceMemory of(Job job, Cluster cluster) {
    TransformerConfig c = job.model();
    ParameterCount count = ParameterCount.of(c);
    int shards = cluster.perMachine();
    long core = HALF * ceil(count.core(), shards);
    long rest = FULL * ceil(count.rest(), shards);
    long width = c.width();
    long gathered = shards == 1 ? 0 : Math.max(HALF * 2 * 8 * width * width, FULL * count.rest());
    long samples = ceil(job.batch(), cluster.gpus());
    long states = samples * c.length() * width; // numbers of one (B, T, C)
    long activations = 2L * c.layers() * states * FULL;
    // perceptron: norm's result, hidden layer before and after the function, and their gradients
    long recomputed = HALF * states * (1 + 4 + 4 + 4 + 4);
    // stream twice; norms' results, q, k, v, attention's result, hidden layer twice
    long whole = c.layers() * states * (2 * FULL + HALF * (1 + 3 + 1 + 1 + 4 + 4));
    long logits =
        2
            * FULL
            * samples
            * ((long) c.textLength() * c.textClasses()
                + (long) c.imageLength() * c.imageVocabulary());
    long parameters = core + rest;
    long fixed = parameters + gathered + core + rest + 2 * (core + rest) + logits;
    return new DeviceMemory(
        HALF * count.core() + FULL * count.rest(),
        parameters,
        gathered,
        core + rest,
        2 * (core + rest),
        activations,
        recomputed,
        whole,
        logits,
        fixed + activations + recomputed,
        fixed + whole);
  }

  private static long ceil(long n, long parts) {
    return (n + parts - 1) / parts;
  }
}
