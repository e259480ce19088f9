package smalti.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.VaeConfig;
import smalti.tensor.AttentionPattern;
import smalti.tensor.backend.Backends;

/// Does every kind of work at a tiny size: once as it is measured, and once for numbers that the
/// reference backend must confirm.
class OursTest {
  private static final TransformerConfig TINY =
      new TransformerConfig(3, 10, 2, 7, 8, 2, 2, TransformerConfig.Attention.SPARSE, 3, 0, 0);

  private static final Work.AttentionLayers LAYERS =
      new Work.AttentionLayers(
          List.of(
              new Work.Attention(1, 2, 7, 4, new AttentionPattern.Row(3, 2), "stack"),
              new Work.Attention(1, 2, 7, 4, new AttentionPattern.Column(3, 2), "stack")));

  static List<Work> tiny() {
    return List.of(
        new Work.Sgemm(5, 6, 7, false, false),
        new Work.Sgemm(5, 6, 7, true, true),
        new Work.Conv(2, 3, 4, 3, 5),
        new Work.Conv(2, 4, 3, 1, 5),
        new Work.Attention(1, 2, 7, 4, new AttentionPattern.Causal(), "causal"),
        new Work.Attention(1, 2, 7, 4, new AttentionPattern.Row(3, 2), "row"),
        LAYERS,
        new Work.Rows(Work.Rows.Kind.SOFTMAX, 3, 5),
        new Work.Rows(Work.Rows.Kind.LAYERNORM, 3, 5),
        new Work.Rows(Work.Rows.Kind.GELU, 3, 5),
        new Work.Rows(Work.Rows.Kind.XENT, 3, 5),
        new Work.AdamW(2, 9),
        new Work.TransformerStep(TINY, 2),
        new Work.VaeStep(new VaeConfig(8, 2, 1, 4, 3, 4, 6, VaeConfig.Scales.published(2, 6)), 2),
        new Work.Sample(TINY, 3));
  }

  @ParameterizedTest
  @MethodSource("tiny")
  void computesWhatTheReferenceDoes(Work work) {
    List<float[]> fast;
    try (Task task = new Ours().prepare(work)) {
      fast = task.results();
      task.run();
      task.run();
    }
    List<float[]> reference =
        Backends.with(Backends.reference(), () -> new Ours().prepare(work).results());
    assertThat(fast).isNotEmpty();
    assertThat(fast.stream().mapToInt(numbers -> numbers.length).sum()).isPositive();
    assertThat(Difference.of(reference, fast).most()).isLessThan(1e-4);
  }

  @Test
  void theSuiteHoldsNoKindThatIsNotDoneHere() {
    List<Class<?>> done = tiny().stream().<Class<?>>map(Object::getClass).distinct().toList();
    assertThat(done).containsExactlyInAnyOrder(Work.class.getPermittedSubclasses());
  }

  @Test
  void densePatternsAreMeasuredBesideSparseOnesOnly() {
    Work row = new Work.Attention(1, 2, 7, 4, new AttentionPattern.Row(3, 2), "row");
    Work causal = new Work.Attention(1, 2, 7, 4, new AttentionPattern.Causal(), "causal");
    OursDense dense = new OursDense();
    assertThat(dense.supports(row, 1)).isTrue();
    assertThat(dense.supports(causal, 1)).isFalse();
    List<float[]> same = dense.prepare(row).results();
    assertThat(Difference.of(new Ours().prepare(causal).results(), same).most()).isZero();
  }

  @Test
  void layersAreMeasuredBesideAsManyDenseOnes() {
    OursDense dense = new OursDense();
    assertThat(dense.supports(LAYERS, 1)).isTrue();
    assertThat(dense.prepare(LAYERS).results()).as("one pattern's result and gradients").hasSize(4);
    assertThat(new Ours().prepare(LAYERS).results()).as("two patterns' ones").hasSize(8);
    assertThat(LAYERS.flops())
        .isEqualTo(LAYERS.layers().get(0).flops() + LAYERS.layers().get(1).flops());
  }

  @Test
  void theRoofIsWhatTakesLonger() {
    assertThat(new Work.Sgemm(100, 200, 50, false, false).leastMs(2, 1)).isEqualTo(1);
    Work rows = new Work.Rows(Work.Rows.Kind.SOFTMAX, 100, 500);
    assertThat(rows.leastMs(1000, 0.5)).as("a megabyte").isEqualTo(2);
  }

  @Test
  void operationsOfStepsAreCounted() {
    Suite suite = new Suite();
    Work.TransformerStep step = (Work.TransformerStep) suite.named("step.transformer.320.full.b8");
    double blocks = 8.0 * 320 * 8 * 12 * 256 * 256; // batch, positions, layers, weights of one
    assertThat(step.flops()).isBetween(6 * blocks, 8 * blocks);
    assertThat(suite.named("step.transformer.320.sparse.b8").flops())
        .isBetween(6 * blocks, step.flops());
    double side = suite.named("step.dvae.px32.hid32.b16").flops();
    assertThat(suite.named("step.dvae.px64.hid32.b16").flops()).isEqualTo(4 * side);
  }

  @Test
  void visiblePairsAreCounted() {
    AttentionPattern causal = new AttentionPattern.Causal();
    assertThat(new Work.Attention(1, 1, 7, 4, causal, "causal").pairs()).isEqualTo(28);
  }

  @Test
  void jmhTimesTurnsInAProcessOfItsOwn() throws Exception {
    System.setProperty("jmh.ignoreLock", "true"); // another build may measure at the same time
    Work work = new Suite().named("sgemm.1x768x256.nt");
    Effort least = new Effort(2, 3, 1, 1, 0.001, 1);
    List<Row> rows =
        new Measurement(new Peers(List.of(), false), List.of(1, 2), least, List.of("-Xmx256m"))
            .of(work);
    assertThat(rows).extracting(Row::threads).containsExactly(1, 2);
    assertThat(rows).allMatch(row -> row.oursMs() > 0 && row.oursMs() < 1000);
    assertThat(rows).allMatch(row -> row.name().equals(work.name()) && row.peer() == null);
  }
}
