package smalti.dalle.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Example;
import smalti.dalle.data.Picture;
import smalti.dalle.data.ShapesData;
import smalti.dalle.data.Split;
import smalti.dalle.evaluate.DalleEvaluation;
import smalti.dalle.evaluate.NearestPicture;
import smalti.dalle.evaluate.RelativeEvaluation;
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
import smalti.dalle.vae.Autoencoder;
import smalti.dalle.vae.Autoencoder.Kind;
import smalti.dalle.vae.CodeUse;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Random;

/// Judges the finished stages of a run and writes `metrics.json` and the report.
///
/// A small folder may hold nothing out; then the numbers of held-out pictures are null, and the
/// bound is that of the training pictures.
final class RunEvaluation {
  private static final int BATCH = 64;
  private static final int PICTURES = 512;
  private static final int SEEN = 200;
  private static final int CONCEPTS = 100;

  private final RunFolder folder;
  private final RunConfig config;
  private final PictureSet pictures;
  private final CaptionedData data;
  private final Progress progress;
  private final @Nullable PictureSet unseen;
  private final Map<String, @Nullable Object> metrics = new LinkedHashMap<>();
  private long[] usage = {};

  /// Begins to judge a run.
  ///
  /// @param pictures its training pictures
  RunEvaluation(RunFolder folder, RunConfig config, PictureSet pictures, Progress progress) {
    this.folder = folder;
    this.config = config;
    this.pictures = pictures;
    this.data = pictures.data();
    this.unseen =
        data.indices(Split.HELD_OUT).length > 0 ? new PictureSet(data, Split.HELD_OUT) : null;
    this.progress = progress;
    metrics.put("data", data.name());
    metrics.put("seed", config.seed());
  }

  /// Judges the dVAE, or the palette that stands in its place.
  RunEvaluation stage1(ImageTokens imageTokens) {
    progress.say("eval  judging the " + (config.hasStage1() ? "dVAE" : "palette"));
    usage = new TokenSet(pictures, imageTokens).usage(config.grid().vocabulary());
    PictureSet judged = unseen == null ? pictures : unseen;
    switch (imageTokens) {
      case DiscreteVae vae -> reconstruction(vae, judged);
      default -> palette(imageTokens, judged);
    }
    if (config.hasStage1()) {
      metrics.put("vae.steps", config.vaeRecipe().steps());
    }
    return this;
  }

  /// Judges the relatives of the dVAE that are finished, and shows them beside each other.
  RunEvaluation relatives() throws IOException {
    Map<String, Autoencoder> models = new LinkedHashMap<>();
    for (Kind kind : Kind.values()) {
      if (config.hasStage1() && folder.has(kind.stage())) {
        models.put(kind.stage(), folder.autoencoder(kind));
      }
    }
    boolean any = models.keySet().stream().anyMatch(name -> !name.equals(Kind.VAE.stage()));
    if (any) {
      new Galleries(folder, data, progress).relatives(models);
    }
    models.remove(Kind.VAE.stage());
    models.values().forEach(this::relative);
    return this;
  }

  private void relative(Autoencoder model) {
    String name = model.kind().stage();
    progress.say("eval  judging the " + name);
    PictureSet judged = unseen == null ? pictures : unseen;
    Random random = Random.of(config.seed()).split("evaluation");
    RelativeEvaluation numbers =
        RelativeEvaluation.of(model, judged, config.vaeRecipe().bound(), random);
    psnr(name, judged, numbers.psnrDb());
    if (model.kind() == Kind.AE) { // it has no prior, so what it has is no bound
      put(name + ".log_density_nats", numbers.elboNats());
    } else {
      put(name + ".elbo_nats", numbers.elboNats());
      put(name + ".kl_nats", numbers.klNats());
    }
    if (model.kind().hasCodebook()) {
      CodeUse use = RelativeEvaluation.use(model, pictures);
      put(name + ".codebook_used_fraction", use.used());
      put(name + ".codebook_perplexity", use.perplexity());
    }
    metrics.put(name + ".steps", config.vaeRecipe().steps());
  }

  /// Judges the transformer.
  RunEvaluation dalle(ImageTokens imageTokens, SparseTransformer model, BpeTokenizer tokenizer) {
    progress.say("eval  judging the transformer");
    put(
        "dalle.image_bits_per_token_train",
        bits(model, new TokenSet(pictures, imageTokens), tokenizer));
    put(
        "dalle.image_bits_per_token_heldout",
        unseen == null ? Double.NaN : bits(model, new TokenSet(unseen, imageTokens), tokenizer));
    Pipeline pipeline = new Pipeline(tokenizer, model, imageTokens);
    if (data instanceof ShapesData shapes) {
      put("shapes.exact_match_seen", match(shapes, Split.TRAIN, SEEN, pipeline));
      put("shapes.exact_match_heldout", match(shapes, Split.HELD_OUT, Integer.MAX_VALUE, pipeline));
    } else {
      concepts(pipeline);
    }
    metrics.put("dalle.steps", config.dalleRecipe().steps());
    return this;
  }

  /// Notes how long the run has taken, and how much memory.
  RunEvaluation spent(double seconds) {
    put("seconds.total", seconds);
    metrics.put("peak_rss_mb", PeakMemory.megabytes());
    return this;
  }

  /// Writes all numbers and the page, and says them.
  void write() throws IOException {
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

  private void reconstruction(DiscreteVae vae, PictureSet judged) {
    Random random = Random.of(config.seed()).split("evaluation");
    VaeEvaluation stage1 = VaeEvaluation.of(vae, judged, config.vaeRecipe().bound(), random);
    psnr("vae", judged, stage1.psnrDb());
    put("vae.codebook_used_fraction", VaeEvaluation.used(usage));
    put("vae.codebook_perplexity", VaeEvaluation.perplexity(usage));
    put("vae.elbo_nats", stage1.elboNats());
    put("vae.relaxed_elbo_nats", stage1.relaxedElboNats());
  }

  private void palette(ImageTokens palette, PictureSet judged) {
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

  private static double bits(SparseTransformer model, TokenSet tokens, BpeTokenizer tokenizer) {
    return DalleEvaluation.of(model, tokens, tokenizer, PICTURES).imageBitsPerToken();
  }

  /// Holds what turns a caption into a picture.
  private record Pipeline(
      BpeTokenizer tokenizer, SparseTransformer model, ImageTokens imageTokens) {}

  /// Samples one picture for each of some captions.
  private List<Picture> sample(List<String> captions, Pipeline pipeline) {
    List<Picture> out = new ArrayList<>();
    ImageSampler sampler = new ImageSampler(pipeline.model(), config.sampling());
    for (int from = 0; from < captions.size(); from += BATCH) {
      List<Request> requests = new ArrayList<>();
      for (int i = from; i < Math.min(captions.size(), from + BATCH); i++) {
        requests.add(Request.of(pipeline.tokenizer().encode(captions.get(i)), config.seed(), i));
      }
      out.addAll(
          List.of(
              PictureSet.split(pipeline.imageTokens().decode(sampler.sample(requests, _ -> {})))));
    }
    return out;
  }

  private List<String> captions(int[] chosen) {
    return IntStream.of(chosen).mapToObj(i -> data.example(i).caption()).toList();
  }

  private double match(ShapesData shapes, Split split, int most, Pipeline pipeline) {
    int[] chosen = shapes.showcase(split, most);
    List<Picture> made = sample(captions(chosen), pipeline);
    int right = 0;
    for (int i = 0; i < chosen.length; i++) {
      right += shapes.exactMatch(made.get(i), shapes.scene(chosen[i])) ? 1 : 0;
    }
    return (double) right / chosen.length;
  }

  /// Samples for training captions and counts how often the nearest training picture is of the
  /// concept, or at least of its group.
  private void concepts(Pipeline pipeline) {
    int[] chosen = data.showcase(Split.TRAIN, CONCEPTS);
    List<Picture> made = sample(captions(chosen), pipeline);
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
