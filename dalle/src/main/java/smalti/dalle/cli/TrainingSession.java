package smalti.dalle.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Split;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.text.BpeTrainer;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.tokens.Palette;
import smalti.dalle.train.DalleTrainer;
import smalti.dalle.train.DivergedException;
import smalti.dalle.train.History;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RandomCrops;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.Stage;
import smalti.dalle.train.TokenCache;
import smalti.dalle.train.TokenSet;
import smalti.dalle.train.TrainingLoop;
import smalti.dalle.train.VaeTrainer;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.Autoencoder;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Random;

/// Trains the stages of one run and writes pictures as it goes.
final class TrainingSession {
  private static final Duration SAVE_EVERY = Duration.ofMinutes(1);
  private static final int GALLERIES = 8;
  private static final int BPE_LEAST_COUNT = 2;

  private final RunFolder folder;
  private final RunConfig config;
  private final PictureSet pictures;
  private final Progress progress;
  private final Galleries galleries;
  private final String goOn;
  private final Random random;
  private @Nullable BpeTokenizer trained;
  private boolean halve;

  /// Prepares the training of a run.
  ///
  /// @param goOn the command that resumes it, told when it is stopped
  TrainingSession(
      RunFolder folder, RunConfig config, CaptionedData data, Progress progress, String goOn)
      throws IOException {
    this(
        folder,
        config,
        new PictureSet(data, Split.TRAIN),
        progress,
        new Galleries(folder, data, progress),
        goOn);
  }

  private TrainingSession(
      RunFolder folder,
      RunConfig config,
      PictureSet pictures,
      Progress progress,
      Galleries galleries,
      String goOn) {
    this.folder = folder;
    this.config = config;
    this.pictures = pictures;
    this.progress = progress;
    this.galleries = galleries;
    this.goOn = goOn;
    this.random = Random.of(config.seed());
  }

  /// Returns the session with stages of other lengths.
  TrainingSession withSteps(RunConfig planned) {
    TrainingSession session =
        new TrainingSession(folder, planned, pictures, progress, galleries, goOn);
    session.trained = trained;
    return session;
  }

  /// Returns the session, which will halve the transformer's step size before it goes on.
  TrainingSession halving(boolean really) {
    halve = really;
    return this;
  }

  /// Returns the configuration.
  RunConfig config() {
    return config;
  }

  /// Returns the training pictures.
  PictureSet pictures() {
    return pictures;
  }

  // ---- stage 1 ----

  /// Trains the dVAE, or loads it where it is complete.
  ///
  /// @throws Interrupted if the user stopped it; its state is saved
  DiscreteVae vae(boolean resume) throws IOException {
    if (folder.has("vae")) {
      progress.say("vae   is complete");
      return folder.vae();
    }
    return train(newVae(), resume);
  }

  /// Trains a relative of the dVAE, unless it is complete.
  ///
  /// @throws Interrupted if the user stopped it; its state is saved
  void relative(Autoencoder.Kind kind, boolean resume) throws IOException {
    String name = kind.stage();
    if (folder.has(name)) {
      progress.say("%-5s is complete".formatted(name));
      return;
    }
    train(kind.create(config.vae(), random.split(name + "-init")), resume);
  }

  /// Makes a trainer of stage 1.
  <M extends Autoencoder> VaeTrainer<M> vaeTrainer(M model, Random draw) throws IOException {
    RandomCrops crops = config.vaeRecipe().crops() ? RandomCrops.of(pictures, config.data()) : null;
    return new VaeTrainer<>(model, config.vaeRecipe(), pictures, crops, draw);
  }

  private <M extends Autoencoder> M train(M model, boolean resume) throws IOException {
    String name = model.kind().stage();
    VaeTrainer<M> trainer = vaeTrainer(model, random.split(name));
    if (resume && folder.hasTraining(name)) {
      trainer.resume(folder);
    }
    boolean codes = model.kind().hasCodebook();
    progress.say(
        "%-5s %,d parameters, %d pictures, %d %s on a %dx%d grid"
            .formatted(
                name,
                model.parameterCount(),
                pictures.count(),
                codes ? config.vae().vocabulary() : config.vae().codeWidth(),
                codes ? "codes" : "numbers a place",
                config.vae().gridSize(),
                config.vae().gridSize()));
    run(trainer, resume, step -> trainer.withAverage(() -> galleries.reconstructions(model, step)));
    trainer.finish();
    folder.saveModel(name, model);
    return model;
  }

  DiscreteVae newVae() {
    return new DiscreteVae(config.vae(), random.split("vae-init"));
  }

  /// Returns what turns pictures into the tokens of stage 2: the finished dVAE, or the palette,
  /// which is found now if the run has none.
  ImageTokens imageTokens() throws IOException {
    return config.hasStage1() ? folder.vae() : palette();
  }

  private Palette palette() throws IOException {
    if (Files.exists(folder.file("palette.safetensors"))) {
      return folder.palette();
    }
    Palette palette = newPalette();
    folder.savePalette(palette);
    galleries.palette(palette);
    return palette;
  }

  Palette newPalette() {
    progress.say(
        "pix   a palette of %d colours, by k-means".formatted(config.palette().vocabulary()));
    return Palette.of(pictures.colours(), config.palette(), random.split("palette"));
  }

  // ---- text ----

  /// Returns the run's tokenizer, trained on all training captions where it has none.
  BpeTokenizer tokenizer() throws IOException {
    if (Files.exists(folder.file("tokenizer.json"))) {
      return folder.tokenizer();
    }
    BpeTokenizer tokenizer = trainedTokenizer();
    tokenizer.save(folder.file("tokenizer.json"));
    return tokenizer;
  }

  /// Returns a tokenizer trained on all training captions, which is not written yet.
  BpeTokenizer trainedTokenizer() {
    if (trained == null) {
      List<String> captions = captions();
      trained =
          new BpeTrainer(config.transformer().bpeVocabulary(), BPE_LEAST_COUNT)
              .train(captions)
              .tokenizer();
      progress.say(
          "bpe   %d tokens from %,d captions".formatted(trained.vocabSize(), captions.size()));
    }
    return trained;
  }

  private List<String> captions() {
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < pictures.count(); i++) {
      captions.addAll(pictures.data().example(pictures.index(i)).captions());
    }
    return captions;
  }

  // ---- stage 2 ----

  /// Trains the transformer, or loads it where it is complete.
  ///
  /// @throws Interrupted if the user stopped it; its state is saved
  SparseTransformer dalle(ImageTokens imageTokens, BpeTokenizer tokenizer, boolean resume)
      throws IOException {
    if (folder.has("dalle")) {
      progress.say("dalle is complete");
      return folder.transformer();
    }
    SparseTransformer model = newTransformer(tokenizer);
    DalleTrainer trainer = dalleTrainer(model, tokens(imageTokens), tokenizer);
    if (resume && folder.hasTraining("dalle")) {
      trainer.resume(folder);
    }
    if (halve) {
      trainer.halve();
      progress.say("dalle goes on with half the step size");
    }
    progress.say(
        "dalle %,d parameters, %d text and %d image positions"
            .formatted(
                model.parameterCount(), model.config().textLength(), model.config().imageLength()));
    warnOfLongCaptions(tokenizer, model.config().textLength());
    run(
        trainer,
        resume,
        step -> {
          Gallery samples =
              at ->
                  galleries.samples(
                      model, imageTokens, tokenizer, config.sampling(), config.seed(), at);
          averaged(trainer, samples, step);
        });
    trainer.finish();
    folder.saveModel("dalle", model);
    return model;
  }

  private static void averaged(DalleTrainer trainer, Gallery gallery, long step)
      throws IOException {
    try {
      trainer.withAverage(() -> {
        try {
          gallery.write(step);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /// Returns the image tokens that the run keeps, encoded now if it has none.
  private TokenSet tokens(ImageTokens imageTokens) throws IOException {
    int crops = config.dalleRecipe().atScale().crops();
    int size = config.grid().imageSize();
    if (crops == 0) {
      return new TokenCache(folder, pictures, imageTokens, "none")
          .tokens(() -> new TokenSet(pictures, imageTokens));
    }
    int larger = Math.round(9f / 8f * size);
    CaptionedData data = CaptionedData.open(config.data(), larger);
    String how =
        "%d crops of listing 2, %d px of %d, seed %d".formatted(crops, size, larger, config.seed());
    return new TokenCache(folder, pictures, imageTokens, how)
        .tokens(() -> TokenSet.ofCrops(pictures, data, imageTokens, crops, random.split("crops")));
  }

  private void warnOfLongCaptions(BpeTokenizer tokenizer, int positions) {
    List<String> captions = captions();
    long cut = captions.stream().filter(c -> tokenizer.encode(c).length > positions).count();
    if (cut > 0) {
      progress.say(
          "note  %,d of %,d captions are cut to the first %d tokens"
              .formatted(cut, captions.size(), positions));
    }
  }

  SparseTransformer newTransformer(BpeTokenizer tokenizer) {
    return new SparseTransformer(
        config.transformer().config(tokenizer.vocabSize(), config.grid()),
        random.split("dalle-init"));
  }

  DalleTrainer dalleTrainer(SparseTransformer model, TokenSet tokens, BpeTokenizer tokenizer) {
    return new DalleTrainer(model, config.dalleRecipe(), tokens, tokenizer, random.split("dalle"));
  }

  // ---- both ----

  /// Writes pictures of the model at a step.
  @FunctionalInterface
  private interface Gallery {
    void write(long step) throws IOException;
  }

  private void run(Stage stage, boolean resume, Gallery gallery) throws IOException {
    if (resume) {
      progress.say(
          stage.done() > 0
              ? "%-5s resumes at step %d".formatted(stage.name(), stage.done())
              : "%-5s has nothing saved; it begins at step 0".formatted(stage.name()));
    }
    History history = History.read(folder.history(stage.name()), stage.done());
    long every = Math.max(1, stage.steps() / GALLERIES);
    boolean[] warned = {false};
    TrainingLoop.Listener listener =
        report -> {
          progress.step(report);
          if (!warned[0] && stage.warning() instanceof String warning) {
            progress.say("note  step %d: %s".formatted(stage.done(), warning));
            warned[0] = true;
          }
          if (stage.done() % every == 0 && stage.done() < stage.steps()) {
            draw(gallery, stage);
          }
        };
    Interrupt interrupt = Interrupt.current();
    interrupt.trainingBegins();
    try {
      new TrainingLoop(folder, SAVE_EVERY, interrupt::requested, listener).run(stage, history);
    } finally {
      progress.end();
      interrupt.trainingEnds();
    }
    if (interrupt.requested()) {
      throw new Interrupted(
          "%s stopped at step %d of %d and is saved; go on with: %s"
              .formatted(stage.name(), stage.done(), stage.steps(), goOn));
    }
    draw(gallery, stage);
  }

  /// Draws what a model makes now. One that the last update broke is noticed here first.
  private static void draw(Gallery gallery, Stage stage) throws IOException {
    try {
      gallery.write(stage.done());
    } catch (IllegalArgumentException e) {
      String what = "it makes no pictures (%s)".formatted(e.getMessage());
      throw new DivergedException(stage.name(), stage.done(), what);
    }
  }
}
