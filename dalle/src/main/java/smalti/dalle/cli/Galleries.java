package smalti.dalle.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Example;
import smalti.dalle.data.Picture;
import smalti.dalle.data.PictureGrid;
import smalti.dalle.data.Split;
import smalti.dalle.sample.ImageSampler;
import smalti.dalle.sample.ImageSampler.Request;
import smalti.dalle.sample.Sampling;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunFolder;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Tensor;

/// Writes the pictures of a run, for the same examples every time: reconstructions beside
/// originals, and samples for prompts that were seen in training and that were held out.
final class Galleries {
  private static final int RECONSTRUCTIONS = 12;
  private static final int PROMPTS = 6;
  private static final int CANDIDATES = 6;

  private final RunFolder folder;
  private final CaptionedData data;
  private final int cell;

  Galleries(RunFolder folder, CaptionedData data) throws IOException {
    this.folder = folder;
    this.data = data;
    this.cell = Math.max(64, data.pictureSize());
    Files.createDirectories(folder.file("pictures"));
  }

  /// Writes held-out pictures over their hard reconstructions.
  void reconstructions(DiscreteVae vae, long step) {
    List<Picture> originals = new ArrayList<>();
    for (int index : shown(Split.HELD_OUT, RECONSTRUCTIONS)) {
      originals.add(data.example(index).picture());
    }
    Picture[] again = PictureSet.split(vae.decode(vae.encode(batch(originals))));
    PictureGrid grid =
        new PictureGrid(cell)
            .row("original", originals)
            .row("reconstruction", List.of(again));
    write(grid, "vae-%06d.png".formatted(step), "reconstructions.png");
  }

  /// Writes samples for the fixed prompts, one row a prompt.
  void samples(
      SparseTransformer model,
      DiscreteVae vae,
      BpeTokenizer tokenizer,
      Sampling sampling,
      long seed,
      long step) {
    PictureGrid grid = new PictureGrid(cell);
    for (Split split : new Split[] {Split.TRAIN, Split.HELD_OUT}) {
      for (int index : shown(split, PROMPTS)) {
        Example example = data.example(index);
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < CANDIDATES; i++) {
          requests.add(Request.of(tokenizer.encode(example.caption()), seed, i));
        }
        Tensor tokens = new ImageSampler(model, sampling).sample(requests, done -> {});
        List<Picture> row = new ArrayList<>();
        row.add(example.picture());
        row.addAll(List.of(PictureSet.split(vae.decode(tokens))));
        String label = (split == Split.TRAIN ? "seen: " : "held out: ") + example.caption();
        grid = grid.row(label, row);
      }
    }
    write(grid, "dalle-%06d.png".formatted(step), "samples.png");
  }

  private int[] shown(Split split, int count) {
    int[] chosen = data.showcase(split, count);
    return chosen.length > 0 ? chosen : data.showcase(Split.TRAIN, count);
  }

  private Tensor batch(List<Picture> pictures) {
    int size = data.pictureSize();
    float[] all = new float[pictures.size() * 3 * size * size];
    for (int i = 0; i < pictures.size(); i++) {
      pictures.get(i).copyTo(all, i * 3 * size * size);
    }
    return Tensor.of(all, pictures.size(), 3, size, size);
  }

  private void write(PictureGrid grid, String name, String latest) {
    try {
      Path file = folder.file("pictures").resolve(name);
      grid.writePng(file);
      grid.writePng(folder.file(latest));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
