package smalti.dalle.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
final class DemoEvaluation {
  private static final int BATCH = 64;
  private static final int PICTURES = 512;
  private static final int SEEN = 200;
  private static final int CONCEPTS = 100;

  private final RunFolder folder;
  private final RunConfig config;
  private final TrainingSession session;
  private final BpeTokenizer tokenizer;
  private final Progress progress;
  private final Map<String, Object> metrics = new LinkedHashMap<>();

  DemoEvaluation(
      RunFolder folder,
      RunConfig config,
      TrainingSession session,
      BpeTokenizer tokenizer,
      Progress progress) {
    this.folder = folder;
    this.config = config;
    this.session = session;
    this.tokenizer = tokenizer;
    this.progress = progress;
  }

  /// Computes all numbers and writes them.
  ///
  /// @param begin when the demo began, in nanoseconds
  void finish(DiscreteVae vae, SparseTransformer model, long begin) throws IOException {
    progress.say("eval  judging both stages");
    CaptionedData data = session.pictures().data();
    boolean heldOut = data.indices(Split.HELD_OUT).length > 0;
    PictureSet unseen = heldOut ? new PictureSet(data, Split.HELD_OUT) : session.pictures();
    Random random = Random.of(config.seed()).split("evaluation");
    VaeEvaluation stage1 = VaeEvaluation.of(vae, unseen, config.vaeRecipe().bound(), random);
    long[] usage = new TokenSet(session.pictures(), vae).usage(config.vae().vocabulary());
    metrics.put("data", config.data());
    metrics.put("seed", config.seed());
    metrics.put("vae.heldout_psnr_db", stage1.psnrDb());
    metrics.put("vae.codebook_used_fraction", VaeEvaluation.used(usage));
    metrics.put("vae.codebook_perplexity", VaeEvaluation.perplexity(usage));
    metrics.put("vae.elbo_nats", stage1.elboNats());
    metrics.put("vae.relaxed_elbo_nats", stage1.relaxedElboNats());
    bits("train", model, new TokenSet(session.pictures(), vae));
    bits("heldout", model, new TokenSet(unseen, vae));
    if (data instanceof ShapesData shapes) {
      double seen = match(shapes, Split.TRAIN, SEEN, vae, model);
      metrics.put("shapes.exact_match_seen", seen);
      metrics.put(
          "shapes.exact_match_heldout",
          match(shapes, Split.HELD_OUT, Integer.MAX_VALUE, vae, model));
    } else {
      concepts(data, vae, model);
    }
    metrics.put("vae.steps", config.vaeRecipe().steps());
    metrics.put("dalle.steps", config.dalleRecipe().steps());
    metrics.put("seconds.total", (System.nanoTime() - begin) * 1e-9);
    metrics.put("peak_rss_mb", PeakMemory.megabytes());
    folder.writeJson("metrics.json", metrics);
    Report report = new Report(folder, config, metrics);
    report.write(
        History.read(folder.history("vae"), Long.MAX_VALUE),
        History.read(folder.history("dalle"), Long.MAX_VALUE),
        usage);
    metrics.forEach((name, value) -> progress.say("      %-32s %s".formatted(name, Report.text(value))));
  }

  private void bits(String part, SparseTransformer model, TokenSet tokens) {
    DalleEvaluation e = DalleEvaluation.of(model, tokens, tokenizer, PICTURES);
    metrics.put("dalle.image_bits_per_token_" + part, e.imageBitsPerToken());
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
      out.addAll(List.of(PictureSet.split(vae.decode(sampler.sample(requests, done -> {})))));
    }
    return out;
  }

  private double match(
      ShapesData shapes, Split split, int most, DiscreteVae vae, SparseTransformer model) {
    int[] chosen = shapes.showcase(split, most);
    List<String> captions =
        IntStream.of(chosen).mapToObj(i -> shapes.example(i).caption()).toList();
    List<Picture> pictures = sample(captions, vae, model);
    int right = 0;
    for (int i = 0; i < chosen.length; i++) {
      right += shapes.exactMatch(pictures.get(i), shapes.scene(chosen[i])) ? 1 : 0;
    }
    return (double) right / chosen.length;
  }

  /// Samples for training captions and counts how often the nearest training picture is of the
  /// concept, or at least of its group.
  private void concepts(CaptionedData data, DiscreteVae vae, SparseTransformer model) {
    int[] chosen = data.showcase(Split.TRAIN, CONCEPTS);
    List<String> captions =
        IntStream.of(chosen).mapToObj(i -> data.example(i).caption()).toList();
    List<Picture> pictures = sample(captions, vae, model);
    NearestPicture nearest = new NearestPicture(session.pictures());
    int same = 0;
    int group = 0;
    for (int i = 0; i < chosen.length; i++) {
      Example wanted = data.example(chosen[i]);
      Example found = nearest.of(pictures.get(i));
      boolean concept = found.concept().equals(wanted.concept());
      same += concept ? 1 : 0;
      group += concept || found.group().equals(wanted.group()) ? 1 : 0;
    }
    metrics.put("samples.nearest_is_concept", (double) same / chosen.length);
    metrics.put("samples.nearest_is_concept_or_group", (double) group / chosen.length);
  }
}
