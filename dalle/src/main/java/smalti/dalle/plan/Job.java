package smalti.dalle.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.dalle.train.DalleRecipe;
import smalti.dalle.train.Presets;
import smalti.dalle.train.RunConfig;
import smalti.dalle.transformer.Style;
import smalti.dalle.transformer.TransformerConfig;

/// Says what would be trained.
///
/// @param name of the preset or the run
/// @param model sizes of the transformer
/// @param batch captioned pictures of an update
/// @param steps updates
/// @param parts in which a batch is computed, one after the other
/// @param average whether an average of the parameters is kept
/// @param rank total PowerSGD rank of a matrix over the GPUs of a machine; 0 sends all
/// @param vae what its first stage needs; null where the tokens are colours of pixels
public record Job(
    String name,
    TransformerConfig model,
    int batch,
    long steps,
    int parts,
    boolean average,
    int rank,
    @Nullable VaePlan vae) {
  private static final int HEAD = 64;

  /// Checks the numbers.
  ///
  /// @throws IllegalArgumentException if one is out of range
  public Job {
    if (batch < 1 || steps < 1 || parts < 1 || rank < 0) {
      throw new IllegalArgumentException(
          "plan: batch and steps must be positive, the rank not negative; got batch %d, steps %d,"
                  .formatted(batch, steps)
              + " rank "
              + rank);
    }
  }

  /// Returns the presets by name: the paper's three (Ramesh et al. 2021, table 1: width 1920, 2688
  /// and 3968 with their ranks) and smaller ones with its layout.
  static Map<String, Job> presets() {
    Map<String, Job> all = new LinkedHashMap<>();
    for (Job job :
        List.of(
            paper("dalle-12b", 3968, 64, 896),
            paper("dalle-5.6b", 2688, 64, 640),
            paper("dalle-2.8b", 1920, 64, 512),
            paper("xl", 2048, 24, 0),
            paper("large", 1024, 24, 0),
            paper("medium", 768, 12, 0),
            paper("base", 512, 12, 0),
            paper("small", 384, 8, 0),
            paper("tiny", 256, 6, 0),
            of("shapes", Presets.shapes()),
            of("emoji", Presets.emoji()))) {
      all.put(job.name(), job);
    }
    return all;
  }

  /// Returns a model with the paper's layout: 256 text and 1024 image positions, vocabularies of
  /// 16,384 and 8,192, heads of 64, the paper's batch and number of updates.
  private static Job paper(String name, int width, int layers, int rank) {
    TransformerConfig model =
        new TransformerConfig(
            256,
            16_384,
            32,
            8192,
            width,
            layers,
            width / HEAD,
            TransformerConfig.Attention.SPARSE,
            11,
            0,
            0,
            Style.published());
    return new Job(name, model, 1024, 430_000, 1, true, rank, VaePlan.published());
  }

  /// Returns the second stage of a run, with as many BPE tokens as it asks for.
  public static Job of(String name, RunConfig run) {
    return of(name, run, run.transformer().bpeVocabulary());
  }

  /// Returns the second stage of a run.
  ///
  /// @param textVocabulary number of tokens that its tokenizer has
  public static Job of(String name, RunConfig run, int textVocabulary) {
    TransformerConfig model = run.transformer().config(textVocabulary, run.grid());
    VaePlan vae = run.hasStage1() ? VaePlan.of(run) : null;
    DalleRecipe recipe = run.dalleRecipe();
    return new Job(
        name,
        model,
        recipe.batch(),
        recipe.steps(),
        recipe.atScale().accumulate(),
        recipe.atScale().emaDecay() > 0,
        0,
        vae);
  }

  /// Returns the preset of a name.
  ///
  /// @throws IllegalArgumentException if there is none
  public static Job preset(String name) {
    Job job = presets().get(name);
    if (job == null) {
      throw new IllegalArgumentException(
          "plan: there is no preset %s; there are %s"
              .formatted(name, String.join(", ", presets().keySet())));
    }
    return job;
  }

  /// Returns how many pictures are computed at once.
  public int atOnce() {
    return Math.ceilDiv(batch, parts);
  }

  /// Returns the job with other numbers; null keeps one.
  public Job with(
      @Nullable Integer otherBatch, @Nullable Long otherSteps, @Nullable Integer otherRank) {
    return new Job(
        name,
        model,
        otherBatch == null ? batch : otherBatch,
        otherSteps == null ? steps : otherSteps,
        parts,
        average,
        otherRank == null ? rank : otherRank,
        vae);
  }
}
