package smalti.dalle.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Split;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.text.BpeTrainer;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Random;

/// Makes runs so small that they are trained in no time: the presets, with less of everything.
public final class TinyRun {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TinyRun() {}

  /// Returns a configuration of 16 px, 4×4 tokens of 16 codes, and a transformer of width 16.
  public static RunConfig config(String data, long vaeSteps, long dalleSteps) {
    ObjectNode json = JSON.valueToTree(Presets.of(data));
    part(json, "vae")
        .put("imageSize", 16)
        .put("groups", 3)
        .put("hidden", 8)
        .put("codeWidth", 8)
        .put("vocabulary", 16);
    part(json, "vaeRecipe").put("steps", vaeSteps).put("batch", 4);
    part(json, "transformer")
        .put("bpeVocabulary", 270)
        .put("textLength", 48)
        .put("width", 16)
        .put("layers", 2)
        .put("heads", 2);
    part(json, "dalleRecipe").put("steps", dalleSteps).put("batch", 4);
    return read(json, RunConfig.class);
  }

  /// Returns a record with one number in one of its parts changed.
  public static RunConfig with(RunConfig config, String part, String name, double value) {
    ObjectNode json = JSON.valueToTree(config);
    part(json, part).put(name, value);
    return read(json, RunConfig.class);
  }

  /// Returns a record with one switch in one of its parts changed.
  public static RunConfig with(RunConfig config, String part, String name, boolean value) {
    ObjectNode json = JSON.valueToTree(config);
    part(json, part).put(name, value);
    return read(json, RunConfig.class);
  }

  /// Returns the fields of a record, to be changed and read back.
  public static ObjectNode fields(Object config) {
    return JSON.valueToTree(config);
  }

  public static <T> T read(JsonNode json, Class<T> type) {
    try {
      return JSON.treeToValue(json, type);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static ObjectNode part(ObjectNode json, String name) {
    return (ObjectNode) json.get(name);
  }

  /// Makes a folder with nothing but a configuration.
  public static RunFolder begun(Path path, RunConfig config) throws IOException {
    RunFolder folder = RunFolder.create(path);
    folder.writeJson("config.json", config);
    return folder;
  }

  /// Makes a complete run.
  public static RunFolder finished(Path path, RunConfig config) throws IOException {
    RunFolder folder = begun(path, config);
    PictureSet pictures = pictures(config);
    VaeTrainer<DiscreteVae> vae = vaeTrainer(config, pictures);
    loop(folder).run(vae, new History());
    vae.finish();
    folder.saveModel("vae", vae.model());
    BpeTokenizer tokenizer = tokenizer(config, pictures);
    tokenizer.save(folder.file("tokenizer.json"));
    DalleTrainer dalle = dalleTrainer(config, new TokenSet(pictures, vae.model()), tokenizer);
    loop(folder).run(dalle, new History());
    folder.saveModel("dalle", dalle.model());
    return folder;
  }

  public static PictureSet pictures(RunConfig config) throws IOException {
    return new PictureSet(CaptionedData.open(config.data(), config.vae().imageSize()), Split.TRAIN);
  }

  public static VaeTrainer<DiscreteVae> vaeTrainer(RunConfig config, PictureSet pictures) {
    DiscreteVae model = new DiscreteVae(config.vae(), Random.of(1));
    return new VaeTrainer<>(model, config.vaeRecipe(), pictures, Random.of(2));
  }

  public static BpeTokenizer tokenizer(RunConfig config, PictureSet pictures) {
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < pictures.count(); i++) {
      captions.addAll(pictures.data().example(pictures.index(i)).captions());
    }
    return new BpeTrainer(config.transformer().bpeVocabulary(), 2).train(captions).tokenizer();
  }

  public static DalleTrainer dalleTrainer(
      RunConfig config, TokenSet tokens, BpeTokenizer tokenizer) {
    SparseTransformer model =
        new SparseTransformer(
            config.transformer().config(tokenizer.vocabSize(), config.vae()), Random.of(3));
    return new DalleTrainer(model, config.dalleRecipe(), tokens, tokenizer, Random.of(4));
  }

  /// Returns a loop that is never interrupted.
  public static TrainingLoop loop(RunFolder folder) {
    return new TrainingLoop(folder, Duration.ofDays(1), () -> false, _ -> {});
  }
}
