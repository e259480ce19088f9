package smalti.dalle.plan;

import smalti.dalle.train.RunConfig;
import smalti.dalle.vae.VaeConfig;

/// Holds what training a discrete VAE, stage 1, needs. Operations are floating-point ones, a
/// multiplication and an addition as two; codes are relaxed, so the decoder's input is a full
/// product.
///
/// @param model sizes
/// @param batch pictures of an update
/// @param steps updates
/// @param encoderParameters numbers that the encoder learns
/// @param decoderParameters numbers that the decoder learns
/// @param encoderOperations of one picture, forward
/// @param decoderOperations of one picture, forward
/// @param operationsPerStep of an update: forward, and twice that backward
/// @param operationsPerRun of all updates
/// @param engine memory of this library
public record VaePlan(
    VaeConfig model,
    int batch,
    long steps,
    long encoderParameters,
    long decoderParameters,
    double encoderOperations,
    double decoderOperations,
    double operationsPerStep,
    double operationsPerRun,
    VaeMemory engine) {

  /// Counts.
  ///
  /// @param batch pictures of an update
  /// @param steps updates
  public static VaePlan of(VaeConfig c, int batch, long steps) {
    VaeLayers layers = VaeLayers.of(c);
    double encoder = 2.0 * VaeLayers.multiplications(layers.encoder());
    double decoder = 2.0 * VaeLayers.multiplications(layers.decoder());
    double step = 3 * (encoder + decoder) * batch;
    return new VaePlan(
        c,
        batch,
        steps,
        VaeLayers.parameters(layers.encoder()),
        VaeLayers.parameters(layers.decoder()),
        encoder,
        decoder,
        step,
        step * steps,
        VaeMemory.of(c, batch));
  }

  /// Returns the plan of a run's first stage.
  public static VaePlan of(RunConfig run) {
    return of(run.vae(), run.vaeRecipe().batch(), run.vaeRecipe().steps());
  }

  /// Returns the plan of the published dVAE, as the paper trained it.
  public static VaePlan published() {
    return of(VaeConfig.openai(), 512, 3_000_000);
  }
}
