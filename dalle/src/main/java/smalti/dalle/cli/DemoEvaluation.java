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
  void finish(DiscreteVae vae, SparseTransformer model, DoubleSupplier seconds) throws IOException {
    progress.say("eval  judging both stages");
    metrics.put("data", data.name());
    metrics.put("seed", config.seed());
    TokenSet seen = new TokenSet(pictures, vae);
    PictureSet unseen =
        data.indices(Split.HELD_OUT).length > 0 ? new PictureSet(data, Split.HELD_OUT) : null;
    long[] usage = seen.usage(config.vae().vocabulary());
    reconstruction(vae, unseen, usage);
    put("dalle.image_bits_per_token_train", bits(model, seen));
    put(
        "dalle.image_bits_per_token_heldout",
        unseen == null ? Double.NaN : bits(model, new TokenSet(unseen, vae)));
    if (data instanceof ShapesData shapes) {
      put("shapes.exact_match_seen", match(shapes, Split.TRAIN, SEEN, vae, model));
      put(
          "shapes.exact_match_heldout",
          match(shapes, Split.HELD_OUT, Integer.MAX_VALUE, vae, model));
    } else {
      concepts(vae, model);
    }
    metrics.put("vae.steps", config.vaeRecipe().steps());
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

  private void reconstruction(DiscreteVae vae, @Nullable PictureSet unseen, long[] usage) {
    Random random = Random.of(config.seed()).split("evaluation");
    VaeEvaluation stage1 =
        VaeEvaluation.of(
            vae, unseen == null ? pictures : unseen, config.vaeRecipe().bound(), random);
    put("vae.heldout_psnr_db", unseen == null ? Double.NaN : stage1.psnrDb());
    if (unseen == null) {
      put("vae.train_psnr_db", stage1.psnrDb());
    }
    put("vae.codebook_used_fraction", VaeEvaluation.used(usage));
    put("vae.codebook_perplexity", VaeEvaluation.perplexity(usage));
    put("vae.elbo_nats", stage1.elboNats());
    put("vae.relaxed_elbo_nats", stage1.relaxedElboNats());
  }

  private double bits(SparseTransformer model, TokenSet tokens) {
    return DalleEvaluation.of(model, tokens, tokenizer, PICTURES).imageBitsPerToken();
  }

  /// Samples one picture for each of some captions.
  private List<Picture> sample(List<String> captions, DiscreteVae vae, SparseTransformer model) {
    List<Picture> out = new ArrayList<>();
    ImageSampler sampler = new ImageSampler(model, config.sampling());
    for (int from = 0; from < captions.size(); from += BATCH) {
      List<Request> requests = new ArrayList<>();
      for (int i = from; i < Math.min(captions.size(), from + BATCH); i++) {
        requests.add(Request.of(tokenizer.encode(captions.get(i)), config.seed(), i));
      }
      out.addAll(List.of(PictureSet.split(vae.decode(sampler.sample(requests, _ -> {})))));
    }
    return out;
  }

  private List<String> captions(int[] chosen) {
    return IntStream.of(chosen).mapToObj(i -> data.example(i).caption()).toList();
  }

  private double match(
      ShapesData shapes, Split split, int most, DiscreteVae vae, SparseTransformer model) {
    int[] chosen = shapes.showcase(split, most);
    List<Picture> made = sample(captions(chosen), vae, model);
    int right = 0;
    for (int i = 0; i < chosen.length; i++) {
      right += shapes.exactMatch(made.get(i), shapes.scene(chosen[i])) ? 1 : 0;
    }
    return (double) right / chosen.length;
  }

  /// Samples for training captions and counts how often the nearest training picture is of the
  /// concept, or at least of its group.
  private void concepts(DiscreteVae vae, SparseTransformer model) {
    int[] chosen = data.showcase(Split.TRAIN, CONCEPTS);
    List<Picture> made = sample(captions(chosen), vae, model);
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
