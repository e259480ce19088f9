package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.vae.Autoencoder;

/// Trains one stage: `smalti train vae`, then `smalti train dalle` in the same folder.
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Trains one stage of a run: first vae, then dalle in the same folder.",
    description =
        "The run's config.json is made from a preset; what is not trained yet can be changed in"
            + " it. A stage that is stopped (Ctrl-C) is saved and goes on with --resume.",
    footer = {
      "",
      "Examples:",
      "  smalti train vae   --data emoji --out runs/emoji",
      "  smalti train dalle --out runs/emoji",
      "  smalti train dalle --data shapes --out runs/pixels --tokens pixels",
      "  smalti train vq    --data shapes --out runs/relatives",
      "  smalti train vae   --data my-pictures --out runs/mine",
      "        (PNG, JPEG, WebP, GIF, each with a .txt of captions beside it)"
    })
final class TrainCommand implements Callable<Integer> {
  /// The models of stage 1 by the name of their stage; they share the recipe.
  private static final Map<String, Autoencoder.Kind> KINDS = Autoencoder.Kind.byName();

  @Parameters(
      index = "0",
      paramLabel = "vae|dalle|ae|gaussian|vq",
      description = "which stage to train; the last three are relatives of the dVAE")
  private String stage = "";

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

  @Mixin private TokensOption tokens = new TokensOption();

  @Option(names = "--steps", paramLabel = "N", description = "updates (default: the preset's)")
  private @Nullable Long steps;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "decides all random numbers (default: 1)")
  private @Nullable Long seed;

  @Option(names = "--resume", description = "go on where a stopped training was saved")
  private boolean resume;

  @Option(names = "--halve", description = "with --resume: go on with half the step size (dalle)")
  private boolean halve;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private DeviceOption device = new DeviceOption();

  @Override
  public Integer call() throws Exception {
    return device.with(this::run);
  }

  private Integer run() throws IOException {
    if (!isDalle() && !KINDS.containsKey(stage)) {
      throw new UserError("train: the stage is vae, dalle, ae, gaussian or vq; got " + stage);
    }
    if (steps != null && steps < 1) {
      throw new UserError("--steps must be positive; got " + steps);
    }
    if (halve && (!isDalle() || !resume)) {
      throw new UserError("--halve is for: smalti train dalle --resume");
    }
    if (tokens.pixels() && !isDalle()) {
      throw new UserError("--tokens pixels is for: smalti train dalle; it needs no other stage");
    }
    threads.apply();
    Progress progress = new Progress(System.out);
    boolean begun = Files.exists(out.resolve("config.json"));
    RunConfig config = begun ? begun(RunFolder.open(out)) : fresh();
    CaptionedData pictures = Opening.data(config.data(), config.grid().imageSize(), progress);
    RunFolder folder = RunFolder.create(out);
    if (!begun || !config.equals(folder.config())) {
      folder.writeJson("config.json", config);
    }
    String goOn = "smalti train %s --resume --out %s".formatted(stage, out);
    TrainingSession session = new TrainingSession(folder, config, pictures, progress, goOn);
    if (isDalle()) {
      session.halving(halve).dalle(session.imageTokens(), session.tokenizer(), resume);
    } else if (stage.equals("vae")) {
      session.vae(resume);
    } else {
      session.relative(Objects.requireNonNull(KINDS.get(stage)), resume);
    }
    progress.say("done  " + out);
    return 0;
  }

  private boolean isDalle() {
    return stage.equals("dalle");
  }

  /// Makes the configuration of a new run from the preset.
  private RunConfig fresh() throws IOException {
    RunFolder.requireFree(out);
    if (data == null) {
      throw new UserError(out + ": is a new run; say what to learn from with --data");
    }
    RunConfig preset = tokens.preset(Opening.name(data));
    if (isDalle() && preset.hasStage1()) {
      throw new UserError(withoutVae());
    }
    return withSteps(preset.withSeed(seed == null ? 1 : seed));
  }

  private String withoutVae() {
    return "%s: has no finished vae; train it first: smalti train vae --out %s".formatted(out, out);
  }

  /// Takes the run's configuration; options may change what is not trained yet, and no more.
  private RunConfig begun(RunFolder folder) throws IOException {
    RunConfig config = folder.config();
    if (data != null && !Opening.name(data).equals(config.data())) {
      throw new UserError(
          "%s: was begun with --data %s, not %s".formatted(out, config.data(), data));
    }
    if (seed != null && seed != config.seed()) {
      throw new UserError(
          "%s: was begun with --seed %d, not %d".formatted(out, config.seed(), seed));
    }
    tokens.requireSame(config, out);
    if (!isDalle() && !config.hasStage1()) {
      throw new UserError(
          "%s: was begun with --tokens pixels; it has no stage but dalle".formatted(out));
    }
    if (isDalle() && config.hasStage1() && !folder.has("vae")) {
      throw new UserError(withoutVae());
    }
    if (folder.hasTraining(stage) && !folder.has(stage) && !resume) {
      throw new UserError(
          "%s: holds a stopped %s training; go on with --resume, or choose another --out"
              .formatted(out, stage));
    }
    RunConfig planned = withSteps(config);
    for (String part : isDalle() ? Set.of(stage) : KINDS.keySet()) {
      if (folder.hasTraining(part) && !planned.equals(config)) {
        throw new UserError(
            "%s: its %s training has a plan already; --steps cannot change it"
                .formatted(out, part));
      }
    }
    return planned;
  }

  private RunConfig withSteps(RunConfig config) {
    if (steps == null) {
      return config;
    }
    return isDalle()
        ? config.withSteps(config.vaeRecipe().steps(), steps)
        : config.withSteps(steps, config.dalleRecipe().steps());
  }
}
