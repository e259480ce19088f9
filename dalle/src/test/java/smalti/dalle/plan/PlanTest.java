package smalti.dalle.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.Style;
import smalti.dalle.transformer.TransformerConfig;
import smalti.tensor.Random;

/// Compares plans with the numbers of the paper, and with models that are really made.
final class PlanTest {
  private static final Job PAPER = Job.preset("dalle-12b");
  private static final Cluster PAPERS = new Cluster(1024, 8, 17.18, 0);
  private static final Plan PLAN = Plan.of(PAPER, PAPERS);

  @Test
  void thePapersModelIsTheOneDescribed() {
    TransformerConfig c = PAPER.model();
    assertThat(List.of(c.layers(), c.heads(), c.width(), c.width() / c.heads()))
        .containsExactly(64, 62, 3968, 64);
    assertThat(List.of(c.textLength(), c.imageLength(), c.textVocabulary(), c.imageVocabulary()))
        .containsExactly(256, 1024, 16_384, 8192);
    assertThat(PLAN.layers()).isEqualTo(Map.of("row", 47L, "column", 16L, "convolutional", 1L));
  }

  @Test
  void parametersAreThoseOfThePaper() {
    assertThat(PLAN.parameters().core()).isEqualTo(12L * 3968 * 3968 * 64);
    assertThat(PLAN.parameters().core() / 1e9).isCloseTo(12.092, within(5e-4));
    assertThat(PLAN.parameters().total() / 1e9).isCloseTo(12.29, within(5e-3));
    assertThat(2 * PLAN.parameters().core() / 1e9).isCloseTo(24, within(0.2));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void partsAddUpToAModelThatIsMade(boolean tied) {
    TransformerConfig c =
        new TransformerConfig(
            5,
            20,
            3,
            16,
            24,
            3,
            4,
            TransformerConfig.Attention.SPARSE,
            3,
            0,
            0,
            new Style(0.5, true, false, tied, true));
    long made = new SparseTransformer(c, Random.of(1)).parameterCount();
    assertThat(ParameterCount.of(c).total()).isEqualTo(made);
    assertThat(ParameterCount.of(c).parts().values().stream().mapToLong(n -> n).sum())
        .isEqualTo(made);
  }

  @ParameterizedTest
  @CsvSource({
    "tiny, 17.3e6",
    "small, 33e6",
    "base, 63e6",
    "medium, 123e6",
    "large, 353e6",
    "xl, 1.31e9",
  })
  void smallPresetsHaveTheSizesOfTheirNames(String name, double parameters) {
    TransformerConfig c = Job.preset(name).model();
    Map<String, Long> parts = ParameterCount.of(c).parts();
    double core = parts.get("attention") + parts.get("mlp");
    double tables = 2.0 * (c.textVocabulary() + c.imageVocabulary()) * c.width();
    assertThat(core + tables).isCloseTo(parameters, within(0.02 * parameters));
  }

  @Test
  void theRunTakesFourTimesTenToThe22Operations() {
    assertThat(PLAN.operations().perRun()).isCloseTo(4.1e22, within(0.1e22));
    double perPosition = PLAN.operations().perStep() / (1024.0 * 1280);
    assertThat(perPosition).as("about 6 per core parameter").isBetween(6 * 12.0e9, 6.3 * 12.1e9);
  }

  /// The report's 2.7 leaves the text's own pairs out, which are the same in both.
  @Test
  void sparseLayersSeeFewerPairs() {
    double text = 256 * 257 / 2.0;
    assertThat((PLAN.operations().densePairs() - text) / (PLAN.operations().visiblePairs() - text))
        .isCloseTo(2.7, within(0.05));
  }

  @ParameterizedTest
  @CsvSource({
    "dalle-2.8b, 1920, 512, 0.83",
    "dalle-5.6b, 2688, 640, 0.85",
    "dalle-12b, 3968, 896, 0.86"
  })
  void powerSgdSavesWhatTable1Says(String name, int width, int rank, double saved) {
    Job job = Job.preset(name);
    assertThat(job.model().width()).isEqualTo(width);
    PowerSgd compression = PowerSgd.of(job.model(), job.rank(), 8);
    assertThat(compression.rank()).isEqualTo(rank);
    assertThat(compression.saved()).isCloseTo(saved, within(0.005));
    assertThat(compression.saved()).isCloseTo(1 - 5.0 * rank / (8 * width), within(1e-12));
    assertThat(1 - compression.sentBytes() / compression.uncompressedBytes())
        .isCloseTo(compression.saved(), within(1e-12));
  }

  @Test
  void theLargestModelHasRank112OnEachGpu() {
    assertThat(PLAN.powerSgd().rankPerGpu()).isEqualTo(112);
    assertThat(PowerSgd.of(PAPER.model(), 0, 8).saved()).as("no compression").isZero();
  }

  @Test
  void theCacheIsTheOneOfThePaper() {
    assertThat(PLAN.cache().dense() / 1e9).isCloseTo(1.30, within(5e-3));
    assertThat(PLAN.cache().text() / 1e9).isCloseTo(0.26, within(5e-3));
    assertThat(PLAN.cache().denseImage() / 1e9).isCloseTo(1.04, within(5e-3));
    assertThat(PLAN.cache().image() / 1e9).isCloseTo(0.288, within(5e-4));
  }

  @Test
  void twelveBillionFitOnlyShardedAndWithCheckpoints() {
    DeviceMemory m = PLAN.device();
    assertThat(m.allParameters() / 1e9).isCloseTo(24.99, within(0.01));
    assertThat(PLAN.fits()).isTrue();
    assertThat(m.totalWithoutCheckpoints()).isGreaterThan(17_180_000_000L);
    assertThat(m.total())
        .isEqualTo(
            m.parameters()
                + m.gathered()
                + m.gradients()
                + m.moments()
                + m.logits()
                + m.activations()
                + m.recomputed());
    assertThat(Plan.of(PAPER, new Cluster(1024, 1, 17.18, 0)).fits()).as("not sharded").isFalse();
  }

  @Test
  void timeFollowsFromTheRate() {
    assertThat(PLAN.secondsPerStep()).isNull();
    Plan plan = Plan.of(PAPER, new Cluster(1024, 8, 16, 40));
    assertThat(plan.secondsPerStep())
        .isCloseTo(PLAN.operations().perStepRecomputed() / (40e12 * 1024), within(1e-9));
    assertThat(plan.secondsPerRun()).isCloseTo(plan.secondsPerStep() * 430_000, within(1e-3));
  }

  @Test
  void trafficEndsWithTheSecondMachine() {
    assertThat(PLAN.traffic().betweenMachines()).isPositive();
    Plan one = Plan.of(PAPER, new Cluster(8, 8, 16, 0));
    assertThat(one.traffic().betweenMachines()).isZero();
    assertThat(one.traffic().allGather()).isEqualTo(2 * one.traffic().reduceScatter());
    assertThat(Plan.of(PAPER, new Cluster(1, 1, 16, 0)).traffic().allGather()).isZero();
  }

  @Test
  void checkpointsSaveMemoryInThisLibrary() {
    TransformerConfig c = Job.preset("base").model();
    EngineMemory plain = EngineMemory.of(c, 8, false, false);
    EngineMemory again = EngineMemory.of(c, 8, true, false);
    assertThat(again.activations()).isLessThan(plain.activations() / 4);
    assertThat(again.peak()).isLessThan(plain.peak());
    assertThat(EngineMemory.of(c, 8, false, true).peak() - plain.peak())
        .as("an average of the parameters")
        .isEqualTo(plain.parameters());
  }

  @Test
  void anAverageTakesRoomAndABatchInPartsIsComputedPartByPart() {
    Job plain = Job.preset("emoji");
    Job other =
        new Job("other", plain.model(), plain.batch(), plain.steps(), 2, true, 0, plain.vae());
    EngineMemory m = Plan.of(other, PAPERS).engine();
    assertThat(other.atOnce()).isEqualTo(plain.batch() / 2);
    assertThat(m).isEqualTo(EngineMemory.of(plain.model(), plain.batch() / 2, false, true));
    assertThat(m.average()).isEqualTo(4 * ParameterCount.of(plain.model()).total());
    assertThat(Job.preset("dalle-12b").average()).isTrue();
    assertThat(plain.average()).isFalse();
  }

  @Test
  void numbersThatDoNotFitAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Cluster(12, 8, 16, 0))
        .withMessageContaining("12 GPUs are not whole machines of 8");
    assertThatIllegalArgumentException().isThrownBy(() -> PAPER.with(0, null, null));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Job.preset("dalle-13b"))
        .withMessageContaining("dalle-12b");
  }
}
