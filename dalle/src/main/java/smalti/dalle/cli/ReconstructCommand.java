package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import smalti.dalle.data.Picture;
import smalti.dalle.data.PictureGrid;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunFolder;
import smalti.dalle.vae.Autoencoder;
import smalti.dalle.vae.PublishedWeights;
import smalti.tensor.Tensor;

/// Sends pictures through the dVAE and back.
@Command(
    name = "reconstruct",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Encodes pictures to tokens and decodes them again.",
    description =
        "Shows them side by side and tells how near they come (PSNR). Pictures are brought to the"
            + " size of the run's pictures.",
    footer = {
      "",
      "Examples:",
      "  smalti reconstruct --run runs/demo-emoji cat.png dog.jpg",
      "  smalti reconstruct --weights encoder.pkl,decoder.pkl --out again.png cat.png",
      "",
      "With --weights it uses the dVAE that OpenAI published (or one of its form): the short"
          + " side is brought to --size by Lanczos, and the middle square is taken."
    })
final class ReconstructCommand implements Callable<Integer> {
  private static final int PUBLISHED_SIZE = 256;

  @Option(names = "--run", paramLabel = "RUN", description = "the run's folder")
  private @Nullable Path run;

  @Option(
      names = "--weights",
      split = ",",
      paramLabel = "FILE",
      description = "instead of a run: encoder.pkl,decoder.pkl, or one file with both")
  private List<Path> weights = new ArrayList<>();

  @Option(
      names = "--model",
      paramLabel = "vae|ae|gaussian|vq",
      description =
          "with --run: which of its models (default: vae, or the palette of --tokens pixels)")
  private @Nullable String model;

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "with --weights: side of the pictures in pixels (default: 256)")
  private @Nullable Integer size;

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "PNG, JPEG, WebP or GIF")
  private List<Path> images = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "the picture to write (default: RUN/reconstructed.png; needed with --weights)")
  private @Nullable Path out;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws IOException {
    threads.apply();
    Path file = target();
    Through through = opened();
    int side = through.side();
    if (file.toAbsolutePath().getParent() instanceof Path parent) {
      Files.createDirectories(parent);
    }
    PictureGrid grid = new PictureGrid(Math.max(64, side));
    for (Path image : images) {
      Picture original = Picture.read(image).fitLanczos(side);
      Tensor decoded = through.pictures().apply(PictureSet.batch(List.of(original)));
      Picture again = PictureSet.split(decoded)[0];
      double psnr = -10 * Math.log10(Math.max(1e-10, original.meanSquaredError(again)));
      String label = String.format(Locale.ROOT, "%s  %.1f dB", image.getFileName(), psnr);
      System.out.println(label);
      grid.row(label, List.of(original, again));
    }
    grid.writePng(file);
    System.out.println("wrote " + file);
    return 0;
  }

  /// Returns the file to write; what is wrong with the options is said here, before any work.
  private Path target() {
    if ((run == null) == weights.isEmpty()) {
      throw new UserError("reconstruct: name a --run or --weights, one of the two");
    }
    if (size != null && (run != null || size < 1)) {
      throw new UserError("--size must be positive and go with --weights; got " + size);
    }
    kind();
    if (out != null) {
      return out;
    }
    if (run == null) {
      throw new UserError("reconstruct: --weights needs --out, the picture to write");
    }
    return run.resolve("reconstructed.png");
  }

  /// Is what pictures are sent through.
  ///
  /// @param side of the pictures, in pixels
  private record Through(int side, UnaryOperator<Tensor> pictures) {
    static Through of(Autoencoder model) {
      return new Through(model.config().imageSize(), model::reconstruct);
    }
  }

  private Through opened() throws IOException {
    if (run == null) {
      return Through.of(PublishedWeights.load(weights, size == null ? PUBLISHED_SIZE : size));
    }
    RunFolder folder = RunFolder.open(run);
    if (model != null) {
      return Through.of(folder.autoencoder(kind()));
    }
    ImageTokens tokens = folder.imageTokens();
    return new Through(tokens.config().imageSize(), x -> tokens.decode(tokens.encode(x)));
  }

  private Autoencoder.Kind kind() {
    Autoencoder.Kind kind = Autoencoder.Kind.byName().get(model == null ? "vae" : model);
    if (kind == null || (model != null && run == null)) {
      throw new UserError("--model is vae, ae, gaussian or vq, and goes with --run; got " + model);
    }
    return kind;
  }
}
