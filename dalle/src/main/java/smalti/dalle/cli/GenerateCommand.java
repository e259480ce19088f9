package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import smalti.dalle.data.Picture;
import smalti.dalle.data.PictureGrid;
import smalti.dalle.sample.ImageSampler;
import smalti.dalle.sample.ImageSampler.Request;
import smalti.dalle.sample.Sampling;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;

/// Makes pictures from a text.
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Makes pictures from a text with a trained run.",
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

  @Option(names = "--seed", description = "decides the pictures (default: the run's)")
  private @Nullable Long seed;

  @Option(names = "--temperature", description = "0 is greedy, 1 is the model's own distribution")
  private @Nullable Double temperature;

  @Option(names = "--top-k", description = "keep the K most likely tokens; 0 keeps all")
  private @Nullable Integer topK;

  @Option(names = "--top-p", description = "keep the tokens that reach probability P together")
  private @Nullable Double topP;

  @Option(names = "--threads", description = "threads (default: all cores)")
  private @Nullable Integer threads;

  @Override
  public Integer call() throws IOException {
    if (threads != null) {
      Parallel.threads(threads);
    }
    if (count < 1 || count > MOST) {
      throw new UserError("-n must be from 1 to %d; got %d".formatted(MOST, count));
    }
    RunFolder folder = RunFolder.open(run);
    RunConfig config = folder.config();
    Sampling sampling = sampling(config.sampling());
    BpeTokenizer tokenizer = folder.tokenizer();
    DiscreteVae vae = folder.vae();
    SparseTransformer model = folder.transformer();
    Progress progress = new Progress(System.out);
    int[] caption = caption(tokenizer, model.config().textLength(), progress);
    long chosen = seed == null ? config.seed() : seed;
    List<Picture> pictures = new ArrayList<>();
    for (int from = 0; from < count; from += BATCH) {
      List<Request> requests = new ArrayList<>();
      for (int i = from; i < Math.min(count, from + BATCH); i++) {
        requests.add(Request.of(caption, chosen, i));
      }
      int first = from;
      Tensor tokens =
          new ImageSampler(model, sampling)
              .sample(
                  requests,
                  done ->
                      progress.show(
                          "pictures %d–%d of %d, token %d/%d"
                              .formatted(
                                  first + 1,
                                  first + requests.size(),
                                  count,
                                  done,
                                  model.config().imageLength()),
                          done == model.config().imageLength()));
      pictures.addAll(List.of(PictureSet.split(vae.decode(tokens))));
    }
    write(pictures, chosen, progress);
    return 0;
  }

  private Sampling sampling(Sampling preset) {
    return new Sampling(
        temperature == null ? preset.temperature() : temperature,
        topK == null ? preset.topK() : topK,
        topP == null ? preset.topP() : topP);
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

  private void write(List<Picture> pictures, long chosen, Progress progress) throws IOException {
    Path folder = out == null ? run.resolve("generated") : out;
    Files.createDirectories(folder);
    String stem = text.strip().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    stem = stem.substring(0, Math.min(60, stem.length()));
    for (int i = 0; i < pictures.size(); i++) {
      pictures.get(i).writePng(folder.resolve("%s-s%d-%03d.png".formatted(stem, chosen, i)));
    }
    PictureGrid grid = new PictureGrid(Math.max(64, pictures.getFirst().width()));
    int columns = (int) Math.ceil(Math.sqrt(pictures.size()));
    for (int i = 0; i < pictures.size(); i += columns) {
      grid = grid.row(pictures.subList(i, Math.min(pictures.size(), i + columns)));
    }
    Path all = folder.resolve("%s-s%d.png".formatted(stem, chosen));
    grid.writePng(all);
    progress.say("wrote %d pictures and %s".formatted(pictures.size(), all));
  }
}
