package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.VaeConfig;
import smalti.nn.Parameter;
import smalti.tensor.Random;
import smalti.tensor.io.TensorFile;

/// Lists the tensors of a file, or of a model that a preset names.
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Lists the tensors of a file: name, dtype, shape, count. Reads safetensors and what",
      "torch.save wrote (.pt, .bin, .pkl; nothing in such a file is run). With --preset it",
      "lists those of a model instead."
    },
    footer = {
      "",
      "Examples:",
      "  smalti inspect runs/demo-emoji/vae.safetensors",
      "  smalti inspect --json encoder.pkl",
      "  smalti inspect --preset openai     (the dVAE that OpenAI published)"
    })
final class InspectCommand implements Callable<Integer> {
  private static final String OPENAI = "openai";

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "FILE",
      description = "safetensors, .pt, .bin or .pkl")
  private @Nullable Path file;

  @Option(names = "--preset", paramLabel = "openai", description = "a model instead of a file")
  private @Nullable String preset;

  @Option(names = "--json", description = "print JSON")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    TensorListing listing = listing();
    if (json) {
      System.out.println(listing.json());
    } else {
      listing.lines().forEach(System.out::println);
    }
    return 0;
  }

  private TensorListing listing() throws IOException {
    if (file != null && preset == null) {
      return ofFile(file);
    }
    if (file == null && preset != null) {
      return ofPreset(preset);
    }
    throw new UserError("inspect: name a FILE or a --preset, one of the two");
  }

  private static TensorListing ofFile(Path file) throws IOException {
    List<TensorListing.Row> rows = new ArrayList<>();
    try (TensorFile opened = TensorFile.open(file)) {
      opened
          .entries()
          .forEach((name, e) ->
              rows.add(
                  new TensorListing.Row(
                      name, e.dtype(), e.shape().toArray(), e.shape().elements())));
      return new TensorListing(
          file.toString(), opened.format(), List.of(new TensorListing.Part("", rows)));
    }
  }

  private static TensorListing ofPreset(String preset) {
    if (!preset.equals(OPENAI)) {
      throw new UserError("--preset: the preset to inspect is openai; got " + preset);
    }
    Map<String, Parameter> all =
        new DiscreteVae(VaeConfig.openai(), Random.of(0)).namedParameters();
    return new TensorListing(preset, "model", List.of(part("encoder", all), part("decoder", all)));
  }

  private static TensorListing.Part part(String name, Map<String, Parameter> all) {
    List<TensorListing.Row> rows = new ArrayList<>();
    all.forEach((key, p) -> {
      if (key.startsWith(name + ".")) {
        rows.add(
            new TensorListing.Row(
                key, p.value().dtype().name(), p.shape().toArray(), p.shape().elements()));
      }
    });
    return new TensorListing.Part(name, rows);
  }
}
