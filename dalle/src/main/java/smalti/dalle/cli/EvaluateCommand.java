package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Split;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.vae.Autoencoder;

/// Judges the finished stages of a run.
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Judges the finished stages of a run by held-out pictures.",
    description =
        "Writes metrics.json, and index.html with pictures and curves, as a demo does at its end."
            + " Relatives of the dVAE that are trained in the run are judged too.",
    footer = {"", "Example:", "  smalti evaluate --run runs/mine"})
final class EvaluateCommand implements Callable<Integer> {
  @Option(names = "--run", required = true, paramLabel = "RUN", description = "the run's folder")
  private Path run = Path.of("");

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws IOException {
    threads.apply();
    Progress progress = new Progress(System.out);
    RunFolder folder = RunFolder.open(run);
    RunConfig config = folder.config();
    boolean stage1 =
        Stream.of(Autoencoder.Kind.values()).anyMatch(kind -> folder.has(kind.stage()));
    if (config.hasStage1() && !stage1) {
      throw new UserError(
          "%s: has no finished vae; train it first: smalti train vae --out %s".formatted(run, run));
    }
    CaptionedData data = Opening.data(config.data(), config.grid().imageSize(), progress);
    PictureSet pictures = new PictureSet(data, Split.TRAIN);
    RunEvaluation evaluation = new RunEvaluation(folder, config, pictures, progress);
    if (!config.hasStage1() || folder.has("vae")) {
      ImageTokens imageTokens = folder.imageTokens();
      evaluation.stage1(imageTokens);
      if (folder.has("dalle")) {
        evaluation.dalle(imageTokens, folder.transformer(), folder.tokenizer());
      }
    }
    evaluation.relatives();
    evaluation.write();
    progress.say("done  open " + folder.file("index.html"));
    return 0;
  }
}
