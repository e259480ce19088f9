package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.train.Presets;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Parallel;

/// Trains one stage: `smalti train vae`, then `smalti train dalle` in the same folder.
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains one stage of a run: first vae, then dalle in the same folder.",
      "A stage that is stopped (Ctrl-C) is saved and goes on with --resume."
    },
    footer = {
      "",
      "Examples:",
      "  smalti train vae   --data emoji --out runs/emoji",
      "  smalti train dalle --data emoji --out runs/emoji",
      "  smalti train vae   --data my-pictures --out runs/mine   (PNG, JPEG, WebP, GIF + .txt)"
    })
final class TrainCommand implements Callable<Integer> {
  /// Names what can be trained.
  enum What {
    VAE,
    DALLE
  }

  @Parameters(index = "0", paramLabel = "vae|dalle", description = "which stage to train")
  private What what = What.VAE;

  @Option(
      names = "--data",
      paramLabel = "emoji|shapes|DIR",
      description = "pictures and captions; a new run needs it")
  private @Nullable String data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "RUN",
      description = "the run's folder; made if it is not there")
  private Path out = Path.of("");

  @Option(names = "--steps", description = "updates (default: the preset's)")
  private @Nullable Long steps;

  @Option(names = "--seed", description = "decides all random numbers (default: 1)")
  private @Nullable Long seed;

  @Option(names = "--resume", description = "go on where a stopped training was saved")
  private boolean resume;

  @Option(names = "--threads", description = "threads (default: all cores)")
  private @Nullable Integer threads;

  @Override
  public Integer call() throws IOException {
    if (threads != null) {
      Parallel.threads(threads);
    }
    Progress progress = new Progress(System.out);
    RunFolder folder = RunFolder.create(out);
    RunConfig config = configure(folder);
    CaptionedData pictures = Opening.data(config.data(), config.vae().imageSize(), progress);
    TrainingSession session = new TrainingSession(folder, config, pictures, progress);
    if (what == What.VAE) {
      session.vae(resume);
    } else {
      if (!folder.has("vae")) {
        throw new UserError(out + ": has no finished vae; train it first: smalti train vae --out " + out);
      }
      DiscreteVae vae = folder.vae();
      BpeTokenizer tokenizer = session.tokenizer();
      session.dalle(vae, tokenizer, resume);
    }
    progress.say("done  " + out);
    return 0;
  }

  /// Takes the run's configuration, or makes it from the preset; options may change what is not
  /// trained yet.
  private RunConfig configure(RunFolder folder) throws IOException {
    String stage = what == What.VAE ? "vae" : "dalle";
    if (steps != null && steps < 1) {
      throw new UserError("--steps must be positive; got " + steps);
    }
    if (!Files.exists(folder.file("config.json"))) {
      if (data == null) {
        throw new UserError(out + ": is a new run; say what to learn from with --data");
      }
      return save(folder, withSteps(Presets.of(data).withSeed(seed == null ? 1 : seed)));
    }
    RunConfig config = folder.config();
    if (data != null && !data.equals(config.data())) {
      throw new UserError(
          "%s: was begun with --data %s, not %s".formatted(out, config.data(), data));
    }
    if (seed != null && seed != config.seed()) {
      throw new UserError(
          "%s: was begun with --seed %d, not %d".formatted(out, config.seed(), seed));
    }
    if (folder.hasTraining(stage) && !folder.has(stage) && !resume) {
      throw new UserError(
          "%s: holds a stopped %s training; go on with --resume, or choose another --out"
              .formatted(out, stage));
    }
    return folder.hasTraining(stage) ? config : save(folder, withSteps(config));
  }

  private RunConfig withSteps(RunConfig config) {
    if (steps == null) {
      return config;
    }
    return what == What.VAE
        ? config.withSteps(steps, config.dalleRecipe().steps())
        : config.withSteps(config.vaeRecipe().steps(), steps);
  }

  private static RunConfig save(RunFolder folder, RunConfig config) throws IOException {
    folder.writeJson("config.json", config);
    return config;
  }
}
