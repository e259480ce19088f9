package smalti.dalle.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.Module;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.Ema;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.io.AtomicFile;
import smalti.tensor.io.SafeTensors;

/// Knows the files of a run: `config.json`, `tokenizer.json`, `vae.safetensors`,
/// `dalle.safetensors`, and for each stage `NAME-training.safetensors` (to resume from) and
/// `NAME-history.csv`.
///
/// Every file is written beside its place and moved there, so that it is whole or absent.
public final class RunFolder {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  private final Path path;

  private RunFolder(Path path) {
    this.path = path;
  }

  /// Makes the folder of a new run, or takes an existing one.
  ///
  /// @throws IOException if it cannot be made or written to
  public static RunFolder create(Path path) throws IOException {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new IOException(path + ": cannot make this folder (" + e.getMessage() + ")", e);
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
    if (!Files.isRegularFile(path.resolve("config.json"))) {
      throw new IOException(
          path + ": not a run; it has no config.json. Make one with: smalti train vae --out " + path);
    }
    return new RunFolder(path);
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
    writeString(file(name), JSON.writeValueAsString(value) + "\n");
  }

  /// Reads the configuration.
  ///
  /// @throws IOException if it is missing or damaged
  public RunConfig config() throws IOException {
    return readJson("config.json", RunConfig.class);
  }

  /// Reads a JSON file.
  ///
  /// @throws IOException if it is missing or damaged
  public <T> T readJson(String name, Class<T> type) throws IOException {
    try {
      return JSON.readValue(Files.readString(file(name)), type);
    } catch (NoSuchFileException e) {
      throw new IOException(file(name) + ": not found", e);
    } catch (JsonProcessingException e) {
      String why = e.getCause() instanceof IllegalArgumentException c ? c.getMessage() : null;
      throw new IOException(
          file(name) + ": " + (why != null ? why : "damaged: " + e.getOriginalMessage()), e);
    }
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
        new SparseTransformer(
            config.transformer().config(vocabulary, config.vae()), Random.of(0));
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
    load(model, file(stage + ".safetensors"), SafeTensors.read(file(stage + ".safetensors")).tensors());
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
    Map<String, Tensor> all = new LinkedHashMap<>();
    model.forEach((name, t) -> all.put("model." + name, t));
    optimiser.state().forEach((name, t) -> all.put("optimiser." + name, t));
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("steps", Long.toString(optimiser.steps()));
    if (ema != null) {
      ema.state().forEach((name, t) -> all.put("ema." + name, t));
      metadata.put("ema_updates", Long.toString(ema.updates()));
    }
    new SafeTensors(all, metadata).write(file(stage + "-training.safetensors"));
  }

  void loadTraining(String stage, Module model, AdamW optimiser, @Nullable Ema ema)
      throws IOException {
    Path file = file(stage + "-training.safetensors");
    SafeTensors saved = SafeTensors.read(file);
    try {
      load(model, file, under("model.", saved.tensors()));
      optimiser.load(
          under("optimiser.", saved.tensors()), count(saved.metadata(), "steps"));
      if (ema != null) {
        ema.load(under("ema.", saved.tensors()), count(saved.metadata(), "ema_updates"));
      }
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
    all.forEach(
        (name, t) -> {
          if (name.startsWith(prefix)) {
            out.put(name.substring(prefix.length()), t);
          }
        });
    return out;
  }
}
