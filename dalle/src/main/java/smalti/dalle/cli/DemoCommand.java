package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.EmojiData;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.transformer.SparseTransformer;

/// Trains everything from scratch within some minutes and shows what came of it.
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Trains all of it from scratch and shows what it makes of texts.",
    description =
        "Trains a BPE, a discrete VAE and a transformer, then makes pictures from texts it has seen"
            + " and texts it has not. Pictures and curves are written as it goes; index.html in the"
            + " run's folder shows them all, metrics.json has the numbers.",
    footer = {
      "",
      "The number of updates is chosen so that all fits into --minutes on this machine;"
          + " it is written to config.json. With --vae-steps and --dalle-steps set to those"
          + " numbers and the same --seed, a run is repeated bit by bit, whatever the speed"
          + " and the number of threads.",
      "",
      "A demo that is stopped (Ctrl-C) is saved and goes on with --resume --out DIR, by its"
          + " old plan: --minutes is not asked then.",
      "",
      "Examples:",
      "  smalti demo",
      "  smalti demo --data shapes --minutes 5",
      "  smalti demo --data my-pictures   (images, each with a .txt of captions)",
      "  smalti demo --resume --out runs/demo-emoji"
    })
final class DemoCommand implements Callable<Integer> {
  private static final double MOST_MINUTES = 60 * 24 * 30;

  @Option(
      names = "--data",
      paramLabel = "emoji|shapes|DIR",
      description = "pictures and captions (default: emoji)")
  private @Nullable String data;

  @Mixin private TokensOption tokens = new TokensOption();

  @Option(names = "--minutes", paramLabel = "N", description = "time for everything (default: 10)")
  private double minutes = 10;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "the run's folder (default: a new one, runs/demo-DATA)")
  private @Nullable Path out;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "decides all random numbers (default: 1)")
  private @Nullable Long seed;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private DeviceOption device = new DeviceOption();

  @Option(
      names = "--vae-steps",
      paramLabel = "N",
      description = "updates of the dVAE, instead of by time")
  private @Nullable Long vaeSteps;

  @Option(
      names = "--dalle-steps",
      paramLabel = "N",
      description = "updates of the transformer, instead of by time")
  private @Nullable Long dalleSteps;

  @Option(names = "--resume", description = "go on with a stopped demo; needs --out")
  private boolean resume;

  @Override
  public Integer call() throws Exception {
    return device.with(this::run);
  }

  private Integer run() throws IOException {
    long begin = System.nanoTime();
    if (!(minutes > 0 && minutes <= MOST_MINUTES)) {
      throw new UserError(
          "--minutes must be positive, at most %.0f; got %s".formatted(MOST_MINUTES, minutes));
    }
    requirePositive("--vae-steps", vaeSteps);
    requirePositive("--dalle-steps", dalleSteps);
    threads.apply();
    Progress progress = new Progress(System.out);
    RunConfig config = resume ? resumed() : fresh();
    CaptionedData pictures = Opening.data(config.data(), config.grid().imageSize(), progress);
    RunFolder folder = RunFolder.create(out == null ? free(pictures.name()) : out);
    progress.say("run   " + folder.path());
    double before = folder.seconds();
    try {
      TrainingSession session =
          new TrainingSession(
              folder, config, pictures, progress, "smalti demo --resume --out " + folder.path());
      train(folder, resume ? session : planned(folder, session, progress), progress, begin, before);
    } finally {
      folder.seconds(before + seconds(begin));
    }
    progress.say("done  open " + folder.file("index.html"));
    return 0;
  }

  private void train(
      RunFolder folder, TrainingSession session, Progress progress, long begin, double before)
      throws IOException {
    BpeTokenizer tokenizer = session.tokenizer();
    ImageTokens imageTokens =
        session.config().hasStage1() ? session.vae(resume) : session.imageTokens();
    SparseTransformer model = session.dalle(imageTokens, tokenizer, resume);
    RunEvaluation evaluation =
        new RunEvaluation(folder, session.config(), session.pictures(), progress)
            .stage1(imageTokens)
            .dalle(imageTokens, model, tokenizer);
    evaluation.spent(before + seconds(begin)).write();
  }

  private static double seconds(long begin) {
    return (System.nanoTime() - begin) * 1e-9;
  }

  private static void requirePositive(String option, @Nullable Long value) {
    if (value != null && value < 1) {
      throw new UserError(option + " must be positive; got " + value);
    }
  }

  private RunConfig resumed() throws IOException {
    if (out == null) {
      throw new UserError("--resume needs --out, the folder of the stopped demo");
    }
    RunConfig config = RunFolder.open(out).config();
    requireSame("--data", config.data(), data == null ? null : Opening.name(data));
    tokens.requireSame(config, out);
    requireSame("--seed", config.seed(), seed);
    requireSame("--vae-steps", config.vaeRecipe().steps(), vaeSteps);
    requireSame("--dalle-steps", config.dalleRecipe().steps(), dalleSteps);
    return config;
  }

  private void requireSame(String option, Object begun, @Nullable Object now) {
    if (now != null && !now.equals(begun)) {
      throw new UserError("%s: was begun with %s %s, not %s".formatted(out, option, begun, now));
    }
  }

  private RunConfig fresh() throws IOException {
    if (out != null) {
      RunFolder.requireFree(out);
    }
    if (vaeSteps != null && tokens.pixels()) {
      throw new UserError("--vae-steps: with --tokens pixels there is no dVAE");
    }
    return tokens
        .preset(Opening.name(data == null ? EmojiData.NAME : data))
        .withSeed(seed == null ? 1 : seed);
  }

  /// Returns a folder that is not there yet.
  private static Path free(String name) {
    Path folder = Path.of("runs", "demo-" + name);
    for (int i = 2; Files.exists(folder); i++) {
      folder = Path.of("runs", "demo-" + name + "-" + i);
    }
    return folder;
  }

  /// Chooses the numbers of updates that fit into the time and writes the configuration.
  private TrainingSession planned(RunFolder folder, TrainingSession session, Progress progress)
      throws IOException {
    RunConfig config = session.config();
    if ((vaeSteps == null && config.hasStage1()) || dalleSteps == null) {
      config = Calibration.measure(session, progress).plan(config, minutes * 60);
    }
    config =
        config.withSteps(
            Objects.requireNonNullElse(vaeSteps, config.vaeRecipe().steps()),
            Objects.requireNonNullElse(dalleSteps, config.dalleRecipe().steps()));
    folder.writeJson("config.json", config);
    progress.say(
        config.hasStage1()
            ? "plan  %d updates of the vae, %d of the transformer"
                .formatted(config.vaeRecipe().steps(), config.dalleRecipe().steps())
            : "plan  %d updates of the transformer".formatted(config.dalleRecipe().steps()));
    return session.withSteps(config);
  }
}
