package smalti.dalle.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Example;
import smalti.dalle.data.Picture;
import smalti.dalle.data.ShapesData;
import smalti.dalle.data.Split;
import smalti.dalle.evaluate.DalleEvaluation;
import smalti.dalle.evaluate.NearestPicture;
import smalti.dalle.evaluate.VaeEvaluation;
import smalti.dalle.sample.ImageSampler;
import smalti.dalle.sample.ImageSampler.Request;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.train.History;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.TokenSet;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Random;

/// Judges a finished demo and writes `metrics.json` and the report.
///
/// A small folder may hold nothing out; then the numbers of held-out pictures are null, and the
/// bound is that of the training pictures.
final class DemoEvaluation {
  private static final int BATCH = 64;
  private static final int PICTURES = 512;
  private static final int SEEN = 200;
  private static final int CONCEPTS = 100;

  private final RunFolder folder;
  private final RunConfig config;
  private final PictureSet pictures;
  private final CaptionedData data;
  private final BpeTokenizer tokenizer;
  private final Progress progress;
  private final Map<String, @Nullable Object> metrics = new LinkedHashMap<>();

  DemoEvaluation(
      RunFolder folder, TrainingSession session, BpeTokenizer tokenizer, Progress progress) {
    this.folder = folder;
    this.config = session.config();
    this.pictures = session.pictures();
    this.data = pictures.data();
    this.tokenizer = tokenizer;
    this.progress = progress;
  }

  /// Computes all numbers and writes them.
  ///
  /// @param seconds tells how long the demo has taken
  void finish(ImageTokens imageTokens, SparseTransformer model, DoubleSupplier seconds)
      throws IOException {
    progress.say("eval  judging both stages");
    metrics.put("data", data.name());
    metrics.put("seed", config.seed());
    TokenSet seen = new TokenSet(pictures, imageTokens);
    PictureSet unseen =
        data.indices(Split.HELD_OUT).length > 0 ? new PictureSet(data, Split.HELD_OUT) : null;
    long[] usage = seen.usage(config.grid().vocabulary());
    PictureSet judged = unseen == null ? pictures : unseen;
    switch (imageTokens) {
      case DiscreteVae vae -> stage1(vae, judged, usage);
      default -> palette(imageTokens, judged, usage);
    }
    put("dalle.image_bits_per_token_train", bits(model, seen));
    put(
        "dalle.image_bits_per_token_heldout",
        unseen == null ? Double.NaN : bits(model, new TokenSet(unseen, imageTokens)));
    if (data instanceof ShapesData shapes) {
      put("shapes.exact_match_seen", match(shapes, Split.TRAIN, SEEN, imageTokens, model));
      put(
          "shapes.exact_match_heldout",
          match(shapes, Split.HELD_OUT, Integer.MAX_VALUE, imageTokens, model));
    } else {
      concepts(imageTokens, model);
    }
    if (config.hasStage1()) {
      metrics.put("vae.steps", config.vaeRecipe().steps());
    }
    metrics.put("dalle.steps", config.dalleRecipe().steps());
    put("seconds.total", seconds.getAsDouble());
    metrics.put("peak_rss_mb", PeakMemory.megabytes());
    folder.writeJson("metrics.json", metrics);
    new Report(folder, config, data.name(), metrics)
        .write(
            History.read(folder.history("vae"), Long.MAX_VALUE),
            History.read(folder.history("dalle"), Long.MAX_VALUE),
            usage);
    metrics.forEach(
        (name, value) -> progress.say("      %-36s %s".formatted(name, Report.text(value))));
  }

  /// Notes a number, or null where there is none; JSON has no NaN.
  private void put(String name, double value) {
    metrics.put(name, Double.isFinite(value) ? value : null);
  }

  private void stage1(DiscreteVae vae, PictureSet judged, long[] usage) {
    Random random = Random.of(config.seed()).split("evaluation");
    VaeEvaluation stage1 = VaeEvaluation.of(vae, judged, config.vaeRecipe().bound(), random);
    psnr("vae", judged, stage1.psnrDb());
    put("vae.codebook_used_fraction", VaeEvaluation.used(usage));
    put("vae.codebook_perplexity", VaeEvaluation.perplexity(usage));
    put("vae.elbo_nats", stage1.elboNats());
    put("vae.relaxed_elbo_nats", stage1.relaxedElboNats());
  }

  private void palette(ImageTokens palette, PictureSet judged, long[] usage) {
    psnr("palette", judged, VaeEvaluation.psnrDb(palette, judged));
    put("palette.used_fraction", VaeEvaluation.used(usage));
    put("palette.perplexity", VaeEvaluation.perplexity(usage));
  }

  /// Notes that of held-out pictures, or where there are none that of the training pictures.
  private void psnr(String what, PictureSet judged, double db) {
    put(what + ".heldout_psnr_db", judged == pictures ? Double.NaN : db);
    if (judged == pictures) {
      put(what + ".train_psnr_db", db);
    }
  }

  private double bits(SparseTransformer model, TokenSet tokens) {
    return DalleEvaluation.of(model, tokens, tokenizer, PICTURES).imageBitsPerToken();
  }

  /// Samples one picture for each of some captions.
  private List<Picture> sample(
      List<String> captions, ImageTokens imageTokens, SparseTransformer model) {
    List<Picture> out = new ArrayList<>();
    ImageSampler sampler = new ImageSampler(model, config.sampling());
    for (int from = 0; from < captions.size(); from += BATCH) {
      List<Request> requests = new ArrayList<>();
      for (int i = from; i < Math.min(captions.size(), from + BATCH); i++) {
        requests.add(Request.of(tokenizer.encode(captions.get(i)), config.seed(), i));
      }
      out.addAll(List.of(PictureSet.split(imageTokens.decode(sampler.sample(requests, _ -> {})))));
    }
    return out;
  }

  private List<String> captions(int[] chosen) {
    return IntStream.of(chosen).mapToObj(i -> data.example(i).caption()).toList();
  }

  private double match(
      ShapesData shapes, Split split, int most, ImageTokens imageTokens, SparseTransformer model) {
    int[] chosen = shapes.showcase(split, most);
    List<Picture> made = sample(captions(chosen), imageTokens, model);
    int right = 0;
    for (int i = 0; i < chosen.length; i++) {
      right += shapes.exactMatch(made.get(i), shapes.scene(chosen[i])) ? 1 : 0;
    }
    return (double) right / chosen.length;
  }

  /// Samples for training captions and counts how often the nearest training picture is of the
  /// concept, or at least of its group.
  private void concepts(ImageTokens imageTokens, SparseTransformer model) {
    int[] chosen = data.showcase(Split.TRAIN, CONCEPTS);
    List<Picture> made = sample(captions(chosen), imageTokens, model);
    NearestPicture nearest = new NearestPicture(pictures);
    int same = 0;
    int group = 0;
    for (int i = 0; i < chosen.length; i++) {
      Example wanted = data.example(chosen[i]);
      Example found = nearest.of(made.get(i));
      boolean concept = found.concept().equals(wanted.concept());
      same += concept ? 1 : 0;
      group += concept || found.group().equals(wanted.group()) ? 1 : 0;
    }
    put("samples.nearest_is_concept", (double) same / chosen.length);
    put("samples.nearest_is_concept_or_group", (double) group / chosen.length);
  }
}
