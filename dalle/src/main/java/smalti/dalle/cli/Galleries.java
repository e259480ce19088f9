package smalti.dalle.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Example;
import smalti.dalle.data.Picture;
import smalti.dalle.data.PictureGrid;
import smalti.dalle.data.Split;
import smalti.dalle.sample.ImageSampler;
import smalti.dalle.sample.ImageSampler.Request;
import smalti.dalle.sample.Sampling;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.tokens.Palette;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunFolder;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.Autoencoder;
import smalti.dalle.vae.GaussianVae;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Writes the pictures of a run, for the same examples every time: reconstructions beside
/// originals, and samples for prompts that were seen in training and that were held out.
///
/// Each sheet is written twice: under its step's number into `pictures`, and as the latest one.
final class Galleries {
  private static final int RECONSTRUCTIONS = 12;
  private static final int GRID = 7;
  private static final int PROMPTS = 6;
  private static final int CANDIDATES = 6;
  private static final int LEAST_CELL = 64;

  private final RunFolder folder;
  private final CaptionedData data;
  private final Progress progress;
  private final int cell;

  Galleries(RunFolder folder, CaptionedData data, Progress progress) throws IOException {
    this.folder = folder;
    this.data = data;
    this.progress = progress;
    this.cell = Math.max(LEAST_CELL, data.pictureSize());
    Files.createDirectories(folder.file("pictures"));
  }

  /// Writes pictures over their reconstructions: held-out ones, if there are any. Of a Gaussian VAE
  /// also a grid of pictures between four, and samples from its prior.
  void reconstructions(Autoencoder model, long step) {
    List<Picture> originals = originals();
    PictureGrid grid = beside(originals, model.reconstruct(PictureSet.batch(originals)));
    String name = model.kind().stage();
    boolean vae = model.kind() == Autoencoder.Kind.VAE;
    write(
        grid,
        "%s-%06d.png".formatted(name, step),
        vae ? "reconstructions.png" : name + "-reconstructions.png");
    if (model instanceof GaussianVae gaussian) {
      latentGrid(gaussian, originals, step);
    }
  }

  /// Writes pictures over what each of some models makes of them.
  ///
  /// @param models by what they are called
  void relatives(Map<String, Autoencoder> models) {
    List<Picture> originals = originals();
    PictureGrid grid = new PictureGrid(cell).row("original", originals);
    Tensor batch = PictureSet.batch(originals);
    models.forEach(
        (name, model) -> grid.row(name, List.of(PictureSet.split(model.reconstruct(batch)))));
    write(grid, "relatives.png", "relatives.png");
  }

  /// Writes pictures over what a palette leaves of them.
  void palette(Palette palette) {
    List<Picture> originals = originals();
    Tensor again = palette.decode(palette.encode(PictureSet.batch(originals)));
    write(beside(originals, again), "palette.png", "reconstructions.png");
  }

  /// Returns held-out pictures, or others where none is held out.
  private List<Picture> originals() {
    int[] chosen = data.showcase(Split.HELD_OUT, RECONSTRUCTIONS);
    if (chosen.length == 0) {
      chosen = data.showcase(Split.TRAIN, RECONSTRUCTIONS);
    }
    return Arrays.stream(chosen).mapToObj(index -> data.example(index).picture()).toList();
  }

  private PictureGrid beside(List<Picture> originals, Tensor again) {
    return new PictureGrid(cell)
        .row("original", originals)
        .row("reconstruction", List.of(PictureSet.split(again)));
  }

  private void latentGrid(GaussianVae model, List<Picture> originals, long step) {
    List<Picture> corners = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      corners.add(originals.get(i % originals.size()));
    }
    Picture[] between = PictureSet.split(model.grid(PictureSet.batch(corners), GRID));
    PictureGrid grid = new PictureGrid(cell);
    for (int row = 0; row < GRID; row++) {
      grid.row(
          row == 0 ? "between four pictures" : "",
          List.of(between).subList(row * GRID, (row + 1) * GRID));
    }
    grid.row("from the prior", List.of(PictureSet.split(model.sample(GRID, Random.of(step)))));
    write(grid, "gaussian-grid-%06d.png".formatted(step), "gaussian-grid.png");
  }

  /// Writes samples for the fixed prompts: one row a prompt, the real picture first. Where sampling
  /// is greedy, and so has one picture for a prompt, it is a row of real pictures over a row of
  /// samples.
  ///
  /// Writes nothing when the user asks to stop meanwhile.
  void samples(
      SparseTransformer model,
      ImageTokens imageTokens,
      BpeTokenizer tokenizer,
      Sampling sampling,
      long seed,
      long step) {
    boolean greedy = sampling.temperature() == 0;
    ImageSampler sampler = new ImageSampler(model, sampling);
    PictureGrid grid = new PictureGrid(cell);
    for (Split split : Split.values()) {
      if (Interrupt.current().requested()) {
        return;
      }
      String label = split == Split.TRAIN ? "seen" : "held out";
      List<Example> examples = examples(split);
      int each = greedy ? 1 : CANDIDATES;
      List<Request> requests = new ArrayList<>();
      for (Example example : examples) {
        for (int i = 0; i < each; i++) {
          requests.add(Request.of(tokenizer.encode(example.caption()), seed, i));
        }
      }
      List<Picture> made =
          examples.isEmpty()
              ? List.of()
              : List.of(PictureSet.split(imageTokens.decode(sampler.sample(requests, _ -> {}))));
      List<Picture> originals = new ArrayList<>();
      List<Picture> firsts = new ArrayList<>();
      List<String> captions = new ArrayList<>();
      for (int e = 0; e < examples.size(); e++) {
        Example example = examples.get(e);
        List<Picture> row = new ArrayList<>(made.subList(e * each, (e + 1) * each));
        originals.add(example.picture());
        firsts.add(row.getFirst());
        captions.add(example.caption());
        if (!greedy) {
          row.addFirst(example.picture());
          grid.row(label + ": " + example.caption(), row);
        }
      }
      if (greedy && !originals.isEmpty()) {
        grid.row(label + ": real pictures, and below them samples for their captions", originals);
        grid.row("", firsts, captions);
      }
    }
    write(grid, "dalle-%06d.png".formatted(step), "samples.png");
  }

  private List<Example> examples(Split split) {
    return Arrays.stream(data.showcase(split, PROMPTS)).mapToObj(data::example).toList();
  }

  private void write(PictureGrid grid, String name, String latest) {
    try {
      grid.writePng(folder.file("pictures").resolve(name));
      grid.writePng(folder.file(latest));
      progress.say("      pictures/" + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
