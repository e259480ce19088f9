package smalti.tests.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.dalle.data.Augmentation;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Split;
import smalti.dalle.plan.Cluster;
import smalti.dalle.plan.Job;
import smalti.dalle.plan.Plan;
import smalti.dalle.plan.PowerSgd;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.text.BpeTrainer;
import smalti.dalle.train.AtScale;
import smalti.dalle.train.DalleRecipe;
import smalti.dalle.train.DalleTrainer;
import smalti.dalle.train.History;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.TokenSet;
import smalti.dalle.train.TrainingLoop;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.VaeConfig;
import smalti.nn.precision.FloatFormat;
import smalti.nn.precision.GradientScales;
import smalti.tensor.Random;

/// Holds acceptance tests 12 to 14, 16 and the first half of 17: the planner, gradient scales,
/// number formats, augmentation, resuming.
final class TrainingAcceptanceTest {

  /// Acceptance test 12: `12·3968²·64` is 12.092 billion, with tables about 12.29 billion; 83, 85
  /// and 86 % are saved by PowerSGD.
  @Test
  void test12ThePlannerReproducesThePapersNumbers() {
    Plan plan = Plan.of(Job.preset("dalle-12b"), new Cluster(1024, 8, 17.18, 0));
    assertThat(plan.parameters().core()).isEqualTo(12L * 3968 * 3968 * 64);
    assertThat(plan.parameters().core() / 1e9).isCloseTo(12.092, within(5e-4));
    assertThat(plan.parameters().total() / 1e9).isCloseTo(12.29, within(5e-3));
    List<Long> percent = new ArrayList<>();
    for (String name : List.of("dalle-2.8b", "dalle-5.6b", "dalle-12b")) {
      Job job = Job.preset(name);
      percent.add(Math.round(100 * PowerSgd.of(job.model(), job.rank(), 8).saved()));
    }
    assertThat(percent).containsExactly(83L, 85L, 86L);
  }

  /// Acceptance test 13: the gradient scales' rule: growth `2^(1/1000)`, division by `√2`, no
  /// second one within 125 updates, clamped to `[M·2⁷, M·2²⁴]`.
  @Test
  void test13TheRuleOfGradientScales() {
    int workers = 8;
    GradientScales scales = new GradientScales(2, false, GradientScales.Rule.published(workers));
    double start = workers * 0x1p13;
    assertThat(scales.scale(0)).isEqualTo(start);
    assertThat(scales.update(new boolean[] {true, true})).isTrue();
    assertThat(scales.scale(0)).isCloseTo(start * Math.pow(2, 1e-3), within(1e-6));
    double grown = scales.scale(1);
    for (int i = 0; i < 125; i++) {
      assertThat(scales.update(new boolean[] {true, false})).as("skipped").isFalse();
      assertThat(scales.scale(1)).isCloseTo(grown / Math.sqrt(2), within(1e-6));
    }
    scales.update(new boolean[] {true, false});
    assertThat(scales.scale(1)).as("after 125 updates").isCloseTo(grown / 2, within(1e-6));
    for (int i = 0; i < 12_000; i++) {
      scales.update(new boolean[] {true, false});
    }
    assertThat(scales.scale(0)).isEqualTo(workers * 0x1p24);
    assertThat(scales.scale(1)).isEqualTo(workers * 0x1p7);
  }

  /// Acceptance test 14: all 65,536 codes of 1-6-9 and 0-6-10 come back; numbers rise with codes;
  /// subnormal ones and the largest are what the layout says.
  @Test
  void test14RoundTripOfTheMomentFormats() {
    for (FloatFormat f : List.of(FloatFormat.F1_6_9, FloatFormat.F0_6_10)) {
      assertThat(f.codes()).isEqualTo(65_536);
      float before = Float.NEGATIVE_INFINITY;
      for (int code = 0; code < 65_536; code++) {
        float x = f.decode(code);
        if (Float.isNaN(x)) {
          assertThat(f.decode(f.encode(x))).isNaN();
          continue;
        }
        assertThat(f.encode(x)).isEqualTo(code);
        if (code < 1 << 6 + f.mantissaBits()) {
          assertThat(x).as("code %d", code).isGreaterThan(before);
          before = x;
        } else { // the sign's bit is set
          assertThat(x).isEqualTo(-f.decode(code - (1 << 6 + f.mantissaBits())));
        }
      }
    }
    assertThat(FloatFormat.F1_6_9.decode(1)).isEqualTo(0x1p-39f);
    assertThat(FloatFormat.F1_6_9.decode(511)).as("subnormal").isEqualTo(511 * 0x1p-39f);
    assertThat(FloatFormat.F1_6_9.decode(512)).as("normal").isEqualTo(0x1p-30f);
    assertThat(FloatFormat.F1_6_9.largest()).isEqualTo(1023 * 0x1p22f);
    assertThat(FloatFormat.F0_6_10.decode(1)).isEqualTo(0x1p-40f);
    assertThat(FloatFormat.F0_6_10.largest()).isEqualTo(2047 * 0x1p21f);
  }

  /// Acceptance test 16: sizes of both listings stay within their bounds and reach both ends; stage
  /// 1 mirrors, stage 2 never; stage 2 cuts within 3/8 to 5/8 of the slack.
  @Test
  void test16AugmentationKeepsToItsListings() {
    Augmentation.Vae vae = new Augmentation.Vae(256);
    Augmentation.Dalle dalle = new Augmentation.Dalle(256);
    int width = 800;
    int height = 500;
    IntSummaryStatistics[] seen = new IntSummaryStatistics[6];
    Arrays.setAll(seen, _ -> new IntSummaryStatistics());
    int mirrored = 0;
    for (int i = 0; i < 4000; i++) {
      Augmentation.Choice one = vae.choose(width, height, Random.of(i));
      Augmentation.Choice two = dalle.choose(width, height, Random.of(i));
      seen[0].accept(one.resized());
      seen[1].accept(two.resized());
      seen[2].accept(one.left());
      seen[3].accept(two.left());
      seen[4].accept(one.x() - (one.resized() - 256)); // 0 at the far end
      seen[5].accept(one.x());
      mirrored += one.mirrored() ? 1 : 0;
      assertThat(two.mirrored()).isFalse();
      assertThat(List.of(one.side(), two.side(), one.top(), two.top()))
          .containsExactly(500, 500, 0, 0);
      assertThat(one.x()).isBetween(0, one.resized() - 256);
      assertThat(two.y()).isBetween(0, two.resized() - 256);
    }
    assertEnds("listing 1, size", seen[0], 288, 384);
    assertEnds("listing 2, size", seen[1], 256, 288);
    assertEnds("listing 1, anywhere", seen[2], 0, 300);
    assertEnds("listing 2, near the middle", seen[3], 300 * 3 / 8, 300 * 5 / 8 - 1);
    assertThat(seen[4].getMax()).as("the last crop").isZero();
    assertThat(seen[5].getMin()).as("the first crop").isZero();
    assertThat(mirrored).isBetween(1800, 2200);
    assertThat(vae.choose(300, 300, Random.of(1)).resized()).isBetween(288, 300);
  }

  private static void assertEnds(String what, IntSummaryStatistics seen, int least, int most) {
    assertThat(List.of(seen.getMin(), seen.getMax())).as(what).containsExactly(least, most);
  }

  /// Acceptance test 17, first half: a training that was stopped and goes on ends in the same bits
  /// as one that was not, with everything on that the paper's training has.
  @Test
  void test17ResumeIsBitExact(@TempDir Path temporary) throws IOException {
    RunFolder whole = RunFolder.create(temporary.resolve("whole"));
    loop(whole, Integer.MAX_VALUE).run(trainer(), new History());

    RunFolder parts = RunFolder.create(temporary.resolve("parts"));
    assertThat(loop(parts, 3).run(trainer(), new History())).isFalse();
    DalleTrainer again = trainer();
    again.resume(parts);
    assertThat(again.done()).isEqualTo(3);
    loop(parts, Integer.MAX_VALUE).run(again, History.read(parts.history("dalle"), 3));

    assertThat(parts.file("dalle-training.safetensors"))
        .hasSameBinaryContentAs(whole.file("dalle-training.safetensors"));
    assertThat(parts.history("dalle")).hasSameTextualContentAs(whole.history("dalle"));
  }

  private static TrainingLoop loop(RunFolder folder, int stopAfter) {
    AtomicInteger done = new AtomicInteger();
    return new TrainingLoop(
        folder, Duration.ofDays(1), () -> done.incrementAndGet() == stopAfter, report -> {});
  }

  private static DalleTrainer trainer() throws IOException {
    PictureSet pictures = new PictureSet(CaptionedData.open("shapes", 16), Split.TRAIN);
    VaeConfig.Scales scales = new VaeConfig.Scales(true, 8, 0.5, 0.5, 1);
    VaeConfig sizes = new VaeConfig(16, 3, 1, 8, 3, 8, 16, scales);
    TokenSet tokens = new TokenSet(pictures, new DiscreteVae(sizes, Random.of(1)));
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      captions.addAll(pictures.data().example(pictures.index(i)).captions());
    }
    BpeTokenizer tokenizer = new BpeTrainer(270, 2).train(captions).tokenizer();
    TransformerConfig c =
        new TransformerConfig(
            24,
            tokenizer.vocabSize(),
            sizes.gridSize(),
            16,
            16,
            3,
            2,
            TransformerConfig.Attention.SPARSE,
            3,
            0.1,
            0);
    AtScale all = new AtScale(2, true, true, false, 5, 2, 0.99, 2, 0);
    DalleRecipe recipe = new DalleRecipe(7, 4, 1e-3, 1e-4, 0.2, 0.96, 4.5e-2, 4, 0.1, 0, 1, all);
    return new DalleTrainer(
        new SparseTransformer(c, Random.of(2)), recipe, tokens, tokenizer, Random.of(3));
  }
}
