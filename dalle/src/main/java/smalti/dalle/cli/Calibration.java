package smalti.dalle.cli;

import java.util.Arrays;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.Stage;
import smalti.dalle.train.TokenSet;
import smalti.dalle.train.VaeTrainer;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Random;

/// Measures how long an update of each stage takes on this machine, on models that are thrown away
/// afterwards: a run then depends on the number of updates only, not on time.
///
/// @param vaeSeconds settled time of an update of the dVAE
/// @param dalleSeconds settled time of an update of the transformer
/// @param spent seconds that measuring took
record Calibration(double vaeSeconds, double dalleSeconds, double spent) {
  /// Share of the time that is left for evaluation, pictures and slower moments of the machine.
  private static final double RESERVE = 0.14;

  /// Share of the training time that the dVAE gets.
  private static final double VAE_SHARE = 0.45;

  private static final double WARM_SECONDS = 12;

  /// Times some updates of both stages; writes nothing.
  static Calibration measure(TrainingSession session, Progress progress) {
    RunConfig config = session.config();
    long begin = System.nanoTime();
    progress.say("plan  measuring the speed of this machine");
    DiscreteVae vae = session.newVae();
    Stage first =
        new VaeTrainer<>(vae, config.vaeRecipe(), session.pictures(), Random.of(config.seed()));
    double vaeSeconds = settled(first);
    BpeTokenizer tokenizer = session.trainedTokenizer();
    SparseTransformer model = session.newTransformer(tokenizer);
    Stage second = session.dalleTrainer(model, new TokenSet(session.pictures(), vae), tokenizer);
    double dalleSeconds = settled(second);
    return new Calibration(vaeSeconds, dalleSeconds, (System.nanoTime() - begin) * 1e-9);
  }

  /// Runs updates for some seconds and returns the lower quartile of the later half's times: the
  /// compiler has settled by then, and what else the machine was doing counts little.
  private static double settled(Stage stage) {
    double[] times = new double[10_000];
    int n = 0;
    long begin = System.nanoTime();
    while (n < times.length && n < stage.steps()) {
      long before = System.nanoTime();
      if (n >= 3 && (before - begin) * 1e-9 > WARM_SECONDS) {
        break;
      }
      stage.advance();
      times[n++] = (System.nanoTime() - before) * 1e-9;
    }
    double[] later = Arrays.copyOfRange(times, n / 2, n);
    Arrays.sort(later);
    return later[later.length / 4];
  }

  /// Returns the configuration whose stages fit into a time.
  RunConfig plan(RunConfig preset, double seconds) {
    double training = Math.max(1, seconds * (1 - RESERVE) - spent);
    long vae = Math.max(10, Math.round(training * VAE_SHARE / vaeSeconds));
    long dalle = Math.max(10, Math.round(training * (1 - VAE_SHARE) / dalleSeconds));
    return preset.withSteps(vae, dalle);
  }
}
