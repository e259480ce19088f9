package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import smalti.dalle.data.ShapesData;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.transformer.MixedPrecision;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.DiscreteVae;
import smalti.nn.precision.FloatFormat;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Trains a few updates with each part of the paper's training on and compares.
final class AtScaleTest {
  private static final RunConfig CONFIG =
      TinyRun.with(TinyRun.config(ShapesData.NAME, 2, 6), "transformer", "tokenDropout", 0);
  private static TokenSet tokens;
  private static BpeTokenizer tokenizer;

  @BeforeAll
  static void encode() throws IOException {
    PictureSet pictures = TinyRun.pictures(CONFIG);
    tokens = new TokenSet(pictures, new DiscreteVae(CONFIG.vae(), Random.of(1)));
    tokenizer = TinyRun.tokenizer(CONFIG, pictures);
  }

  private static DalleTrainer trainer(AtScale at) {
    DalleRecipe recipe = new DalleRecipe(6, 4, 1e-2, 1e-3, 0.2, 0.96, 4.5e-2, 4, 0, 0, 1, at);
    SparseTransformer model =
        new SparseTransformer(
            CONFIG.transformer().config(tokenizer.vocabSize(), CONFIG.vae()), Random.of(3));
    return new DalleTrainer(model, recipe, tokens, tokenizer, Random.of(4));
  }

  private static Map<String, Tensor> trained(AtScale at, int updates) {
    DalleTrainer trainer = trainer(at);
    for (int i = 0; i < updates; i++) {
      trainer.advance();
    }
    return trainer.model().state();
  }

  private static void assertSame(Map<String, Tensor> a, Map<String, Tensor> b, float tolerance) {
    a.forEach((name, t) ->
        assertThat(b.get(name).toFloats())
            .as(name)
            .containsExactly(t.toFloats(), within(tolerance)));
  }

  @Test
  void checkpointsChangeNoBit() {
    AtScale checkpoint = new AtScale(1, true, false, false, 0, 0, 0, 1, 0);
    assertSame(trained(AtScale.off(), 3), trained(checkpoint, 3), 0);
  }

  @Test
  void aBatchInPartsIsTheSameBatch() {
    AtScale parts = new AtScale(4, false, false, false, 0, 0, 0, 1, 0);
    assertSame(trained(AtScale.off(), 1), trained(parts, 1), 5e-4f); // Adam magnifies rounding
    double whole = trainer(AtScale.off()).advance().get("gradient_norm");
    assertThat(trainer(parts).advance().get("gradient_norm")).isCloseTo(whole, within(1e-5));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> trainer(new AtScale(3, false, false, false, 0, 0, 0, 1, 0)))
        .withMessageContaining("3 equal parts");
  }

  @Test
  void withoutExclusionEverythingDecays() {
    AtScale all = new AtScale(1, false, false, true, 0, 0, 0, 1, 0);
    Map<String, Tensor> some = trained(AtScale.off(), 2);
    Map<String, Tensor> every = trained(all, 2);
    String gain = "resblocks.0.ln_1.weight";
    assertThat(every.get(gain).sum().item()).isLessThan(some.get(gain).sum().item());
  }

  @Test
  void matricesAreKeptIn16BitsAndTheRestIsNot() {
    AtScale mixed = new AtScale(1, false, true, false, 0, 0, 0, 1, 0);
    Map<String, Tensor> state = trained(mixed, 3);
    long[] exact = new long[2];
    state.forEach((name, t) -> {
      for (float x : t.toFloats()) {
        boolean fits = FloatFormat.FP16.round(x) == x;
        if (MixedPrecision.isSmall(name)) {
          assertThat(fits).as("%s holds %s", name, x).isTrue();
          exact[0]++;
        } else {
          exact[1] += fits ? 0 : 1;
        }
      }
    });
    assertThat(exact[0]).isEqualTo(2 * 12 * 16 * 16);
    assertThat(exact[1]).as("numbers of the rest that need more").isGreaterThan(1000);
  }

  @Test
  void theAverageFollowsAndIsTakenAtTheEnd() {
    AtScale average = new AtScale(1, false, false, false, 0, 0, 0.99, 2, 0);
    DalleTrainer trainer = trainer(average);
    for (int i = 0; i < 4; i++) {
      trainer.advance();
    }
    float[] last = trainer.model().state().get("ln_final.bias").toFloats();
    float[][] during = new float[1][];
    trainer.withAverage(() -> during[0] = trainer.model().state().get("ln_final.bias").toFloats());
    assertThat(trainer.model().state().get("ln_final.bias").toFloats()).isEqualTo(last);
    assertThat(during[0]).isNotEqualTo(last);
    trainer.finish();
    assertThat(trainer.model().state().get("ln_final.bias").toFloats()).isEqualTo(during[0]);
  }

  @Test
  void halvingByCommandHalvesTheStepSize() {
    DalleTrainer one = trainer(AtScale.off());
    DalleTrainer other = trainer(AtScale.off());
    other.halve();
    assertThat(other.advance().get("lr")).isEqualTo(one.advance().get("lr") / 2);
  }

  @Test
  void thePapersRecipeSaysWhatThePaperSays() {
    DalleRecipe paper = DalleRecipe.published();
    assertThat(paper.lrSchedule().at(4999)).isCloseTo(4.5e-4, within(1e-12));
    assertThat(paper.lrSchedule().at(2499)).isCloseTo(2.25e-4, within(1e-12));
    assertThat(paper.lrSchedule().at(400_000)).as("halved on plateaus only").isEqualTo(4.5e-4);
    assertThat(paper.atScale().emaEvery()).isEqualTo(25);
    assertThat(paper.atScale().varianceClip()).isEqualTo(5);
    assertThat(paper.batch()).isEqualTo(1024);
  }
}
