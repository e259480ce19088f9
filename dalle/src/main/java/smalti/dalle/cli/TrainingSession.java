package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Split;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.text.BpeTrainer;
import smalti.dalle.train.DalleTrainer;
import smalti.dalle.train.History;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.Stage;
import smalti.dalle.train.TokenSet;
import smalti.dalle.train.TrainingLoop;
import smalti.dalle.train.VaeTrainer;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Random;

/// Trains the stages of one run and writes pictures as it goes.
final class TrainingSession {
  private static final Duration SAVE_EVERY = Duration.ofMinutes(1);
  private static final int GALLERIES = 8;

  private final RunFolder folder;
  private final RunConfig config;
  private final PictureSet pictures;
  private final Progress progress;
  private final Galleries galleries;
  private final Random random;

  TrainingSession(RunFolder folder, RunConfig config, CaptionedData data, Progress progress)
      throws IOException {
    this.folder = folder;
    this.config = config;
    this.pictures = new PictureSet(data, Split.TRAIN);
    this.progress = progress;
    this.galleries = new Galleries(folder, data);
    this.random = Random.of(config.seed());
  }

  /// Returns the training pictures.
  PictureSet pictures() {
    return pictures;
  }

  /// Returns the pictures' writer.
  Galleries galleries() {
    return galleries;
  }

  /// Trains the dVAE, or loads it where it is complete.
  ///
  /// @throws Interrupted if the user stopped it; its state is saved
  DiscreteVae vae(boolean resume) throws IOException {
    if (folder.has("vae")) {
      progress.say("vae   is complete");
      return folder.vae();
    }
    DiscreteVae model = newVae();
    VaeTrainer trainer = new VaeTrainer(model, config.vaeRecipe(), pictures, random.split("vae"));
    if (resume && folder.hasTraining("vae")) {
      trainer.resume(folder);
      progress.say("vae   resumes at step " + trainer.done());
    }
    progress.say(
        "vae   %,d parameters, %d pictures, %d codes on a %d×%d grid"
            .formatted(
                model.parameterCount(),
                pictures.count(),
                config.vae().vocabulary(),
                config.vae().gridSize(),
                config.vae().gridSize()));
    run(trainer, step -> trainer.withAverage(() -> galleries.reconstructions(model, step)));
    trainer.finish();
    folder.saveModel("vae", model);
    return model;
  }

  DiscreteVae newVae() {
    return new DiscreteVae(config.vae(), random.split("vae-init"));
  }

  /// Returns the tokenizer, trained on all training captions where the run has none.
  BpeTokenizer tokenizer() throws IOException {
    if (Files.exists(folder.file("tokenizer.json"))) {
      return folder.tokenizer();
    }
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < pictures.count(); i++) {
      captions.addAll(pictures.data().example(pictures.index(i)).captions());
    }
    BpeTokenizer tokenizer =
        new BpeTrainer(config.transformer().bpeVocabulary(), 2).train(captions).tokenizer();
    tokenizer.save(folder.file("tokenizer.json"));
    progress.say(
        "bpe   %d tokens from %,d captions".formatted(tokenizer.vocabSize(), captions.size()));
    return tokenizer;
  }

  /// Trains the transformer, or loads it where it is complete.
  ///
  /// @throws Interrupted if the user stopped it; its state is saved
  SparseTransformer dalle(DiscreteVae vae, BpeTokenizer tokenizer, boolean resume)
      throws IOException {
    if (folder.has("dalle")) {
      progress.say("dalle is complete");
      return folder.transformer();
    }
    SparseTransformer model = newTransformer(tokenizer);
    DalleTrainer trainer = dalleTrainer(model, new TokenSet(pictures, vae), tokenizer);
    if (resume && folder.hasTraining("dalle")) {
      trainer.resume(folder);
      progress.say("dalle resumes at step " + trainer.done());
    }
    progress.say(
        "dalle %,d parameters, %d text and %d image positions"
            .formatted(
                model.parameterCount(),
                model.config().textLength(),
                model.config().imageLength()));
    run(
        trainer,
        step -> galleries.samples(model, vae, tokenizer, config.sampling(), config.seed(), step));
    folder.saveModel("dalle", model);
    return model;
  }

  SparseTransformer newTransformer(BpeTokenizer tokenizer) {
    return new SparseTransformer(
        config.transformer().config(tokenizer.vocabSize(), config.vae()),
        random.split("dalle-init"));
  }

  DalleTrainer dalleTrainer(SparseTransformer model, TokenSet tokens, BpeTokenizer tokenizer) {
    return new DalleTrainer(
        model, config.dalleRecipe(), tokens, tokenizer, random.split("dalle"));
  }

  /// Writes pictures of the model at a step.
  @FunctionalInterface
  private interface Gallery {
    void write(long step) throws IOException;
  }

  private void run(Stage stage, Gallery gallery) throws IOException {
    History history = History.read(folder.history(stage.name()), stage.done());
    long every = Math.max(1, stage.steps() / GALLERIES);
    TrainingLoop.Listener listener =
        report -> {
          progress.step(report);
          long step = report.stage().done();
          if (step % every == 0 && step < report.stage().steps()) {
            gallery.write(step);
          }
        };
    TrainingLoop loop =
        new TrainingLoop(folder, SAVE_EVERY, Interrupt.current()::requested, listener);
    if (!loop.run(stage, history)) {
      throw new Interrupted(
          "%s stopped at step %d of %d, saved; go on with --resume"
              .formatted(stage.name(), stage.done(), stage.steps()));
    }
    gallery.write(stage.done());
  }
}
