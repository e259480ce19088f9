package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.train.Presets;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Parallel;

/// Trains everything from scratch within some minutes and shows what came of it.
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains a BPE, a discrete VAE and a transformer from scratch, then makes pictures",
      "from texts it has seen and texts it has not. Pictures and curves are written as it",
      "goes; index.html in the run's folder shows them all."
    },
    footer = {
      "",
      "The number of updates is chosen so that all fits into --minutes on this machine; it is",
      "written to config.json. With --vae-steps and --dalle-steps set to those numbers and the",
      "same --seed, a run is repeated bit by bit, whatever the speed and the number of threads."
    })
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--data",
      paramLabel = "emoji|shapes|DIR",
      description = "pictures and captions (default: emoji)")
  private String data = "emoji";

  @Option(names = "--minutes", description = "time for everything (default: 10)")
  private double minutes = 10;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "the run's folder (default: a new one, runs/demo-DATA)")
  private @Nullable Path out;

  @Option(names = "--seed", description = "decides all random numbers (default: 1)")
  private long seed = 1;

  @Option(names = "--threads", description = "threads (default: all cores)")
  private @Nullable Integer threads;

  @Option(names = "--vae-steps", description = "updates of the dVAE, instead of by time")
  private @Nullable Long vaeSteps;

  @Option(names = "--dalle-steps", description = "updates of the transformer, instead of by time")
  private @Nullable Long dalleSteps;

  @Option(names = "--resume", description = "go on with a stopped demo; needs --out")
  private boolean resume;

  @Override
  public Integer call() throws IOException {
    long begin = System.nanoTime();
    if (!(minutes > 0 && minutes <= 60 * 24 * 30)) {
      throw new UserError("--minutes must be positive, at most 43200; got " + minutes);
    }
    requirePositive("--vae-steps", vaeSteps);
    requirePositive("--dalle-steps", dalleSteps);
    if (threads != null) {
      Parallel.threads(threads);
    }
    Progress progress = new Progress(System.out);
    RunFolder folder = resume ? resumed() : fresh();
    RunConfig config = resume ? folder.config() : Presets.of(data).withSeed(seed);
    progress.say("run   " + folder.path());
    CaptionedData pictures = Opening.data(config.data(), config.vae().imageSize(), progress);
    if (!resume) {
      config = planned(folder, config, pictures, progress);
    }
    TrainingSession session = new TrainingSession(folder, config, pictures, progress);
    BpeTokenizer tokenizer = session.tokenizer();
    DiscreteVae vae = session.vae(resume);
    SparseTransformer model = session.dalle(vae, tokenizer, resume);
    new DemoEvaluation(folder, config, session, tokenizer, progress).finish(vae, model, begin);
    progress.say("done  open " + folder.file("index.html"));
    return 0;
  }

  private static void requirePositive(String option, @Nullable Long value) {
    if (value != null && value < 1) {
      throw new UserError(option + " must be positive; got " + value);
    }
  }

  private RunFolder resumed() throws IOException {
    if (out == null) {
      throw new UserError("--resume needs --out, the folder of the stopped demo");
    }
    return RunFolder.open(out);
  }

  private RunFolder fresh() throws IOException {
    if (out != null) {
      if (Files.exists(out.resolve("config.json"))) {
        throw new UserError(out + ": holds a run; go on with --resume, or choose another --out");
      }
      return RunFolder.create(out);
    }
    String name = "demo-" + Path.of(data).toAbsolutePath().normalize().getFileName();
    Path folder = Path.of("runs", name);
    for (int i = 2; Files.exists(folder); i++) {
      folder = Path.of("runs", name + "-" + i);
    }
    return RunFolder.create(folder);
  }

  /// Chooses the numbers of updates that fit into the time and writes the configuration.
  private RunConfig planned(
      RunFolder folder, RunConfig preset, CaptionedData pictures, Progress progress)
      throws IOException {
    RunConfig config = preset;
    if (vaeSteps == null || dalleSteps == null) {
      TrainingSession scratch = new TrainingSession(folder, preset, pictures, progress);
      config = Calibration.measure(scratch, preset, progress).plan(preset, minutes * 60);
    }
    config =
        config.withSteps(
            vaeSteps == null ? config.vaeRecipe().steps() : vaeSteps,
            dalleSteps == null ? config.dalleRecipe().steps() : dalleSteps);
    folder.writeJson("config.json", config);
    progress.say(
        "plan  %d updates of the vae, %d of the transformer"
            .formatted(config.vaeRecipe().steps(), config.dalleRecipe().steps()));
    return config;
  }
}
