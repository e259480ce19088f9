package smalti.dalle.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.tokens.Palette;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.Autoencoder;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.Module;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.Ema;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.io.AtomicFile;
import smalti.tensor.io.SafeTensors;

/// Knows the files of a run: `config.json`, `tokenizer.json`, `vae.safetensors`,
/// `palette.safetensors` instead of a dVAE, `dalle.safetensors`, `tokens.safetensors`
/// ([TokenCache]), those of the dVAE's relatives, and for each stage `NAME-training.safetensors`
/// (to resume from) and `NAME-history.csv`. A demo also has `metrics.json`, `seconds.json`, and
/// pictures.
///
/// Every file is written beside its place and moved there, so that it is whole or absent.
public final class RunFolder {
  private static final List<String> PARTS =
      List.of(
          "tokenizer.json",
          "vae.safetensors",
          "vae-training.safetensors",
          "palette.safetensors",
          "tokens.safetensors",
          "dalle.safetensors",
          "dalle-training.safetensors");

  private final Path path;

  private RunFolder(Path path) {
    this.path = path;
  }

  /// Makes a folder, or takes an existing one.
  ///
  /// @throws IOException if it cannot be made or written to
  public static RunFolder create(Path path) throws IOException {
    try {
      Files.createDirectories(path);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(path + ": is a file, not a folder", e);
    } catch (FileSystemException e) {
      String why = e.getReason() == null ? "the system refuses" : e.getReason();
      throw new IOException("%s: cannot make this folder: %s".formatted(path, why), e);
    }
    if (!Files.isWritable(path)) {
      throw new IOException(path + ": cannot write into this folder");
    }
    return new RunFolder(path);
  }

  /// Takes the folder of an existing run.
  ///
  /// @throws IOException if it is not one
  public static RunFolder open(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      throw new IOException(path + (Files.exists(path) ? ": is not a folder" : ": not found"));
    }
    if (!Files.isRegularFile(path.resolve("config.json"))) {
      throw new IOException(
          "%s: is not a run, it has no config.json; make one with: smalti train vae --out %s"
              .formatted(path, path));
    }
    return new RunFolder(path);
  }

  /// Checks that a new run may be made at a path: nothing of another one is there.
  ///
  /// @throws IOException if there is
  public static void requireFree(Path path) throws IOException {
    if (Files.exists(path.resolve("config.json"))) {
      throw new IOException(path + ": holds a run; go on with --resume, or choose another --out");
    }
    for (String name : PARTS) {
      if (Files.exists(path.resolve(name))) {
        throw new IOException(
            "%s: holds a %s of another run; choose another --out".formatted(path, name));
      }
    }
  }

  /// Returns the folder.
  public Path path() {
    return path;
  }

  /// Returns a file's place.
  public Path file(String name) {
    return path.resolve(name);
  }

  /// Returns the place of a stage's table of numbers.
  public Path history(String stage) {
    return file(stage + "-history.csv");
  }

  /// Writes a text file, whole or not at all.
  ///
  /// @throws IOException if it cannot be written
  public static void writeString(Path file, String text) throws IOException {
    AtomicFile.write(file, out -> out.write(text.getBytes(UTF_8)));
  }

  // ---- configuration and numbers ----

  /// Writes an object as JSON.
  ///
  /// @throws IOException if the file cannot be written
  public void writeJson(String name, Object value) throws IOException {
    JsonFiles.write(file(name), value);
  }

  /// Reads the configuration. Fields that runs of older versions lack are what those did.
  ///
  /// @throws IOException if it is missing or damaged
  public RunConfig config() throws IOException {
    return readJson("config.json", RunConfig.class);
  }

  /// Reads a JSON file.
  ///
  /// @throws IOException if it is missing or damaged
  public <T> T readJson(String name, Class<T> type) throws IOException {
    return JsonFiles.read(file(name), type);
  }

  /// Returns how many seconds of work a demo has taken so far, all its sessions together.
  ///
  /// @throws IOException if the file is damaged
  public double seconds() throws IOException {
    return Files.exists(file("seconds.json")) ? readJson("seconds.json", Double.class) : 0;
  }

  /// Notes how many seconds of work a demo has taken so far.
  ///
  /// @throws IOException if the file cannot be written
  public void seconds(double total) throws IOException {
    writeJson("seconds.json", total);
  }

  // ---- models ----

  /// Returns whether a stage is complete.
  public boolean has(String stage) {
    return Files.isRegularFile(file(stage + ".safetensors"));
  }

  /// Returns whether a stage can be resumed.
  public boolean hasTraining(String stage) {
    return Files.isRegularFile(file(stage + "-training.safetensors"));
  }

  /// Saves a finished model.
  ///
  /// @throws IOException if the file cannot be written
  public void saveModel(String stage, Module model) throws IOException {
    new SafeTensors(model.state(), Map.of("format", "smalti")).write(file(stage + ".safetensors"));
  }

  /// Loads the dVAE.
  ///
  /// @throws IOException if it is missing, damaged or does not fit the configuration
  public DiscreteVae vae() throws IOException {
    DiscreteVae model = new DiscreteVae(config().vae(), Random.of(0));
    loadModel("vae", model);
    return model;
  }

  /// Saves the palette.
  ///
  /// @throws IOException if the file cannot be written
  public void savePalette(Palette palette) throws IOException {
    new SafeTensors(palette.state(), Map.of("format", "smalti")).write(file("palette.safetensors"));
  }

  /// Loads the palette.
  ///
  /// @throws IOException if it is missing, damaged or does not fit the configuration
  public Palette palette() throws IOException {
    requireFile("palette.safetensors", "dalle");
    Path file = file("palette.safetensors");
    try {
      return Palette.of(SafeTensors.read(file).tensors(), config().palette());
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  /// Loads what turns pictures into the tokens of this run: its dVAE or its palette.
  ///
  /// @throws IOException if it is missing, damaged or does not fit the configuration
  public ImageTokens imageTokens() throws IOException {
    return config().hasStage1() ? vae() : palette();
  }

  /// Loads a stage-1 model of any kind.
  ///
  /// @throws IOException if it is missing, damaged or does not fit the configuration
  public Autoencoder autoencoder(Autoencoder.Kind kind) throws IOException {
    Autoencoder model = kind.create(config().vae(), Random.of(0));
    loadModel(kind.stage(), model);
    return model;
  }

  /// Loads the tokenizer.
  ///
  /// @throws IOException if it is missing or damaged
  public BpeTokenizer tokenizer() throws IOException {
    requireFile("tokenizer.json", "dalle");
    return BpeTokenizer.load(file("tokenizer.json"));
  }

  /// Loads the transformer.
  ///
  /// @throws IOException if it is missing, damaged or does not fit the configuration
  public SparseTransformer transformer() throws IOException {
    RunConfig config = config();
    int vocabulary = tokenizer().vocabSize();
    SparseTransformer model =
        new SparseTransformer(config.transformer().config(vocabulary, config.grid()), Random.of(0));
    loadModel("dalle", model);
    return model;
  }

  private void requireFile(String name, String stage) throws IOException {
    if (!Files.isRegularFile(file(name))) {
      throw new IOException(
          "%s: not found; the run has no finished %s stage. Train it with: smalti train %s --out %s"
              .formatted(file(name), stage, stage, path));
    }
  }

  private void loadModel(String stage, Module model) throws IOException {
    requireFile(stage + ".safetensors", stage);
    Path file = file(stage + ".safetensors");
    load(model, file, SafeTensors.read(file).tensors());
  }

  private static void load(Module model, Path from, Map<String, Tensor> state) throws IOException {
    try {
      model.load(state);
    } catch (IllegalArgumentException e) {
      throw new IOException(from + ": " + e.getMessage(), e);
    }
  }

  // ---- training state ----

  void saveTraining(String stage, Map<String, Tensor> model, AdamW optimiser, @Nullable Ema ema)
      throws IOException {
    saveTraining(stage, model, optimiser, ema, Map.of());
  }

  /// Saves the state of a training, with further tensors of its own.
  void saveTraining(
      String stage,
      Map<String, Tensor> model,
      AdamW optimiser,
      @Nullable Ema ema,
      Map<String, Tensor> more)
      throws IOException {
    Map<String, Tensor> all = new LinkedHashMap<>();
    model.forEach((name, t) -> all.put("model." + name, t));
    optimiser.state().forEach((name, t) -> all.put("optimiser." + name, t));
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("steps", Long.toString(optimiser.steps()));
    if (ema != null) {
      ema.state().forEach((name, t) -> all.put("ema." + name, t));
      metadata.put("ema_updates", Long.toString(ema.updates()));
    }
    more.forEach((name, t) -> all.put("more." + name, t));
    new SafeTensors(all, metadata).write(file(stage + "-training.safetensors"));
  }

  /// Loads the state of a training and returns its further tensors.
  Map<String, Tensor> loadTraining(String stage, Module model, AdamW optimiser, @Nullable Ema ema)
      throws IOException {
    Path file = file(stage + "-training.safetensors");
    SafeTensors saved = SafeTensors.read(file);
    try {
      load(model, file, under("model.", saved.tensors()));
      optimiser.load(under("optimiser.", saved.tensors()), count(saved.metadata(), "steps"));
      if (ema != null) {
        ema.load(under("ema.", saved.tensors()), count(saved.metadata(), "ema_updates"));
      }
      return under("more.", saved.tensors());
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static long count(Map<String, String> metadata, String name) {
    String text = metadata.get(name);
    if (text == null || !text.matches("\\d{1,18}")) {
      throw new IllegalArgumentException("the metadata has no number " + name);
    }
    return Long.parseLong(text);
  }

  private static Map<String, Tensor> under(String prefix, Map<String, Tensor> all) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    all.forEach((name, t) -> {
      if (name.startsWith(prefix)) {
        out.put(name.substring(prefix.length()), t);
      }
    });
    return out;
  }
}
