package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import smalti.dalle.data.Picture;
import smalti.dalle.data.PictureGrid;
import smalti.dalle.sample.ImageSampler;
import smalti.dalle.sample.ImageSampler.Request;
import smalti.dalle.sample.Sampling;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.transformer.SparseTransformer;
import smalti.tensor.Tensor;

/// Makes pictures from a text.
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Makes pictures from a text with a trained run.",
    description =
        "Writes a PNG for each picture, and one with all of them. The same text, seed and settings"
            + " give the same pictures.",
    footer = {
      "",
      "Example:",
      "  smalti generate --run runs/demo-shapes \"a small red circle at the top left\" -n 16"
    })
final class GenerateCommand implements Callable<Integer> {
  private static final int BATCH = 32;
  private static final int MOST = 10_000;

  @Option(names = "--run", required = true, paramLabel = "RUN", description = "the run's folder")
  private Path run = Path.of("");

  @Parameters(index = "0", paramLabel = "TEXT", description = "what the pictures should show")
  private String text = "";

  @Option(names = "-n", paramLabel = "N", description = "number of pictures (default: 16)")
  private int count = 16;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "where to write (default: RUN/generated)")
  private @Nullable Path out;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "decides the pictures (default: the run's)")
  private @Nullable Long seed;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 is greedy, 1 is the model's own distribution (default: the run's)")
  private @Nullable Double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "keep the K most likely tokens; 0 keeps all (default: the run's)")
  private @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "keep the tokens that reach probability P together (default: the run's)")
  private @Nullable Double topP;

  @Option(
      names = "--guidance",
      paramLabel = "G",
      description = "how closely to keep to the text; 1 is the model alone (default: the run's)")
  private @Nullable Double guidance;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private DeviceOption device = new DeviceOption();

  @Override
  public Integer call() throws Exception {
    return device.with(this::run);
  }

  private Integer run() throws IOException {
    threads.apply();
    if (count < 1 || count > MOST) {
      throw new UserError("-n must be from 1 to %d; got %d".formatted(MOST, count));
    }
    RunFolder folder = RunFolder.open(run);
    RunConfig config = folder.config();
    Progress progress = new Progress(System.out);
    Sampling sampling = sampling(config.sampling(), progress);
    if (sampling.guidance() != 1 && config.dalleRecipe().captionDropout() == 0) {
      progress.say("note  the run never saw an empty caption, which --guidance compares with");
    }
    BpeTokenizer tokenizer = folder.tokenizer();
    ImageTokens imageTokens = folder.imageTokens();
    SparseTransformer model = folder.transformer();
    int[] caption = caption(tokenizer, model.config().textLength(), progress);
    Path target = RunFolder.create(out == null ? run.resolve("generated") : out).path();
    long chosen = seed == null ? config.seed() : seed;
    ImageSampler sampler = new ImageSampler(model, sampling);
    List<Picture> pictures = new ArrayList<>();
    for (int from = 0; from < count; from += BATCH) {
      List<Request> requests = new ArrayList<>();
      for (int i = from; i < Math.min(count, from + BATCH); i++) {
        requests.add(Request.of(caption, chosen, i));
      }
      String which = "pictures %d-%d of %d".formatted(from + 1, from + requests.size(), count);
      int last = model.config().imageLength();
      Tensor tokens =
          sampler.sample(
              requests,
              done -> progress.show("%s, token %d/%d".formatted(which, done, last), done == last));
      pictures.addAll(List.of(PictureSet.split(imageTokens.decode(tokens))));
    }
    write(pictures, target, chosen, progress);
    return 0;
  }

  /// Takes the run's sampling, changed by the options. A run may sample greedily, which has only
  /// one picture for a text; asked for several, it samples the model's own distribution.
  private Sampling sampling(Sampling preset, Progress progress) {
    double own = preset.temperature();
    if (temperature == null && own == 0 && count > 1) {
      own = 1;
      progress.say("note  the run is greedy, one picture for a text; --temperature 1 for several");
    }
    return new Sampling(
        Objects.requireNonNullElse(temperature, own),
        Objects.requireNonNullElse(topK, preset.topK()),
        Objects.requireNonNullElse(topP, preset.topP()),
        Objects.requireNonNullElse(guidance, preset.guidance()));
  }

  private int[] caption(BpeTokenizer tokenizer, int positions, Progress progress) {
    if (text.isBlank()) {
      throw new UserError("the text is empty; say what the pictures should show");
    }
    if (tokenizer.knownFraction(text) == 0) {
      throw new UserError(
          "\"%s\": none of its characters occurred in training".formatted(text.strip()));
    }
    int[] tokens = tokenizer.encode(text);
    if (tokens.length > positions) {
      throw new UserError(
          "the text has %d tokens, the model reads at most %d; shorten it"
              .formatted(tokens.length, positions));
    }
    String unknown = tokenizer.unknownCharacters(text);
    if (!unknown.isEmpty()) {
      progress.say("note  never seen in training: " + unknown);
    }
    return tokens;
  }

  private void write(List<Picture> pictures, Path target, long chosen, Progress progress)
      throws IOException {
    String stem = stem(text) + "-s" + chosen;
    for (int i = 0; i < pictures.size(); i++) {
      pictures.get(i).writePng(target.resolve("%s-%03d.png".formatted(stem, i)));
    }
    PictureGrid grid = new PictureGrid(Math.max(64, pictures.getFirst().width()));
    int columns = (int) Math.ceil(Math.sqrt(pictures.size()));
    for (int i = 0; i < pictures.size(); i += columns) {
      grid.row(pictures.subList(i, Math.min(pictures.size(), i + columns)));
    }
    Path sheet = target.resolve(stem + ".png");
    grid.writePng(sheet);
    progress.say(
        pictures.size() == 1
            ? "wrote %s-000.png and, enlarged, %s".formatted(target.resolve(stem), sheet)
            : "wrote %s-000.png to -%03d.png, and all in %s"
                .formatted(target.resolve(stem), pictures.size() - 1, sheet));
  }

  /// Returns what of a text can stand in a file's name.
  static String stem(String text) {
    String stem = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    stem = stem.substring(0, Math.min(60, stem.length())).replaceAll("^-|-$", "");
    return stem.isEmpty() ? "picture" : stem;
  }
}
