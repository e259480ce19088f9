package smalti.dalle.cli;

import java.io.IOException;
import java.util.Arrays;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.Stage;
import smalti.dalle.train.TokenSet;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Random;
import smalti.tensor.backend.Backends;

/// Measures how long an update of each stage takes on this machine, on models that are thrown away
/// afterwards: a run then depends on the number of updates only, not on time.
///
/// @param vaeSeconds settled time of an update of the dVAE; 0 where there is none
/// @param dalleSeconds settled time of an update of the transformer
/// @param spent seconds that are not for updates: what measuring took, and on a device what
///   compiling the kernels of both stages takes once more
record Calibration(double vaeSeconds, double dalleSeconds, double spent) {
  /// Share of the time that is left for evaluation, pictures and slower moments of the machine.
  private static final double RESERVE = 0.14;

  private static final double WARM_SECONDS = 9;
  private static final double MEASURED_SECONDS = 3;

  /// Times some updates of both stages; writes nothing. Both are warmed up before either is timed:
  /// while the compiler is still at work it takes the processor from the updates.
  static Calibration measure(TrainingSession session, Progress progress) throws IOException {
    long begin = System.nanoTime();
    progress.say("plan  measuring the speed of this machine");
    RunConfig config = session.config();
    DiscreteVae vae = config.hasStage1() ? session.newVae() : null;
    Stage first = vae == null ? null : session.vaeTrainer(vae, Random.of(config.seed()));
    ImageTokens imageTokens = vae == null ? session.newPalette() : vae;
    BpeTokenizer tokenizer = session.trainedTokenizer();
    SparseTransformer model = session.newTransformer(tokenizer);
    Stage second =
        session.dalleTrainer(model, new TokenSet(session.pictures(), imageTokens), tokenizer);
    double firsts = first == null ? 0 : run(first, WARM_SECONDS)[0];
    firsts += run(second, WARM_SECONDS)[0];
    double vaeSeconds = first == null ? 0 : lowerQuartile(run(first, MEASURED_SECONDS));
    double dalleSeconds = lowerQuartile(run(second, MEASURED_SECONDS));
    double compiling =
        Backends.current().recordsSteps() ? Math.max(0, firsts - vaeSeconds - dalleSeconds) : 0;
    double spent = (System.nanoTime() - begin) * 1e-9;
    return new Calibration(vaeSeconds, dalleSeconds, spent + compiling);
  }

  /// Runs updates for some seconds, three at least, and returns their times. On a fast machine they
  /// may be more than the stage has; its schedules then stay at their ends.
  private static double[] run(Stage stage, double seconds) {
    double[] times = new double[10_000];
    int n = 0;
    long begin = System.nanoTime();
    while (n < times.length) {
      long before = System.nanoTime();
      if (n >= 3 && (before - begin) * 1e-9 > seconds) {
        break;
      }
      stage.advance();
      times[n++] = (System.nanoTime() - before) * 1e-9;
    }
    return Arrays.copyOf(times, n);
  }

  /// Returns the lower quartile: what else the machine was doing then counts little.
  private static double lowerQuartile(double[] times) {
    Arrays.sort(times);
    return times[times.length / 4];
  }

  /// Returns the configuration whose stages fit into a time; the updates of the two stages keep the
  /// preset's proportion.
  RunConfig plan(RunConfig preset, double seconds) {
    double training = Math.max(1, seconds * (1 - RESERVE) - spent);
    long vae = preset.vaeRecipe().steps();
    long dalle = preset.dalleRecipe().steps();
    double scale = training / (vae * vaeSeconds + dalle * dalleSeconds);
    return preset.withSteps(
        Math.max(10, Math.round(scale * vae)), Math.max(10, Math.round(scale * dalle)));
  }
}
