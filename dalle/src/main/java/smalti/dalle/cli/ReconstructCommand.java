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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import smalti.dalle.data.Picture;
import smalti.dalle.data.PictureGrid;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunFolder;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Tensor;

/// Sends pictures through the dVAE and back.
@Command(
    name = "reconstruct",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Encodes pictures to tokens and decodes them again.",
    description =
        "Shows them side by side and tells how near they come (PSNR). Pictures are brought to the"
            + " run's size.",
    footer = {"", "Example:", "  smalti reconstruct --run runs/demo-emoji cat.png dog.jpg"})
final class ReconstructCommand implements Callable<Integer> {
  @Option(names = "--run", required = true, paramLabel = "RUN", description = "the run's folder")
  private Path run = Path.of("");

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "PNG, JPEG, WebP or GIF")
  private List<Path> images = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "the picture to write (default: RUN/reconstructed.png)")
  private @Nullable Path out;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws IOException {
    threads.apply();
    RunFolder folder = RunFolder.open(run);
    DiscreteVae vae = folder.vae();
    int size = vae.config().imageSize();
    Path file = out == null ? run.resolve("reconstructed.png") : out;
    if (file.toAbsolutePath().getParent() instanceof Path parent) {
      Files.createDirectories(parent);
    }
    PictureGrid grid = new PictureGrid(Math.max(64, size));
    for (Path image : images) {
      Picture original = Picture.read(image).fitLanczos(size);
      Tensor tokens = vae.encode(PictureSet.batch(List.of(original)));
      Picture again = PictureSet.split(vae.decode(tokens))[0];
      double psnr = -10 * Math.log10(Math.max(1e-10, original.meanSquaredError(again)));
      String label = String.format(Locale.ROOT, "%s  %.1f dB", image.getFileName(), psnr);
      System.out.println(label);
      grid.row(label, List.of(original, again));
    }
    grid.writePng(file);
    System.out.println("wrote " + file);
    return 0;
  }
}
