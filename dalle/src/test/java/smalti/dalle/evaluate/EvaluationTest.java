package smalti.dalle.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import smalti.dalle.data.Picture;
import smalti.dalle.data.Split;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.text.BpeTrainer;
import smalti.dalle.train.FewPictures;
import smalti.dalle.train.PictureSet;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.TinyRun;
import smalti.dalle.train.TokenSet;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.vae.CodeUse;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.VqVae;
import smalti.nn.Pass;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

class EvaluationTest {
  private static final RunConfig CONFIG = TinyRun.config("shapes", 1, 1);
  private static final PictureSet PICTURES =
      new PictureSet(new FewPictures(37, 0, 16), Split.TRAIN); // more than one batch, and a rest

  @Test
  void usedCountsTheCodesThatOccur() {
    assertThat(VaeEvaluation.used(new long[] {3, 0, 1, 0})).isEqualTo(0.5);
    assertThat(VaeEvaluation.used(new long[4])).isZero();
  }

  @Test
  void perplexityIsTheNumberOfEquallyFrequentCodes() {
    assertThat(VaeEvaluation.perplexity(new long[] {5, 5, 5, 5})).isCloseTo(4, within(1e-12));
    assertThat(VaeEvaluation.perplexity(new long[] {9, 0, 9, 0})).isCloseTo(2, within(1e-12));
    assertThat(VaeEvaluation.perplexity(new long[] {7, 0, 0, 0})).isCloseTo(1, within(1e-12));
    // entropy of (3/4, 1/4) = 0.5623 nats
    assertThat(VaeEvaluation.perplexity(new long[] {3, 1})).isCloseTo(1.7548, within(1e-4));
  }

  @Test
  void psnrIsThatOfHardReconstructionsAndCountsAreTheTokens() {
    DiscreteVae vae = new DiscreteVae(CONFIG.vae(), Random.of(1));
    VaeEvaluation e = VaeEvaluation.of(vae, PICTURES, CONFIG.vaeRecipe().bound(), Random.of(2));
    double squares = 0;
    for (int i = 0; i < PICTURES.count(); i++) {
      Picture again = PictureSet.split(vae.decode(vae.encode(PICTURES.pictures(i))))[0];
      squares += PICTURES.data().example(i).picture().meanSquaredError(again);
    }
    assertThat(e.psnrDb()).isCloseTo(-10 * Math.log10(squares / PICTURES.count()), within(1e-3));
    assertThat(e.counts()).isEqualTo(new TokenSet(PICTURES, vae).usage(16));
    assertThat(e.usedFraction()).isEqualTo(VaeEvaluation.used(e.counts()));
    assertThat(e.elboNats()).isFinite();
    assertThat(e.relaxedElboNats()).isFinite();
  }

  /// The codes of a VQ-VAE are certain, and its prior is uniform.
  @Test
  void theBoundOfAVqVaeIsItsDensityLessTheCodesLength() {
    VqVae vq = new VqVae(CONFIG.vae(), Random.of(1));
    DiscreteVae.Annealing bound = CONFIG.vaeRecipe().bound();
    RelativeEvaluation e = RelativeEvaluation.of(vq, PICTURES, bound, Random.of(2));
    double kl = CONFIG.vae().tokens() * Math.log(16);
    assertThat(e.klNats()).isCloseTo(kl, within(1e-4));
    Tensor all = PICTURES.pictures(IntStream.range(0, 37).toArray());
    double nll = vq.loss(all, bound, Pass.training(Random.of(3))).nll();
    assertThat(e.elboNats()).isCloseTo(-nll * 3 * 16 * 16 - kl, within(0.1));
    assertThat(RelativeEvaluation.use(vq, PICTURES).counts())
        .isEqualTo(CodeUse.of(vq.tokens(all), 16).counts());
  }

  @Test
  void anUntrainedTransformerPaysTheUniformDistributionsBits() {
    DiscreteVae vae = new DiscreteVae(CONFIG.vae(), Random.of(1));
    BpeTokenizer tokenizer = new BpeTrainer(260, 2).train(List.of("grey number 1")).tokenizer();
    SparseTransformer model =
        new SparseTransformer(
            CONFIG.transformer().config(tokenizer.vocabSize(), CONFIG.vae()), Random.of(3));
    DalleEvaluation e = DalleEvaluation.of(model, new TokenSet(PICTURES, vae), tokenizer, 35);
    assertThat(e.imageBitsPerToken()).isCloseTo(4, within(0.02)); // 16 codes
  }

  @Test
  void theNearestPictureHasTheLeastSquaredDistance() {
    NearestPicture nearest = new NearestPicture(PICTURES);
    for (int i : new int[] {0, 17, 36}) {
      assertThat(nearest.of(PICTURES.data().example(i).picture()).caption())
          .isEqualTo("grey number " + i);
    }
    assertThat(nearest.of(Picture.filled(16, 16, 0x050505)).caption()).isEqualTo("grey number 1");
  }
}
