package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import smalti.dalle.data.ShapesData;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.tensor.Random;

/// Checks what a transformer is given to read while it is trained.
class DalleTrainerTest {
  private static final RunConfig CONFIG = TinyRun.config(ShapesData.NAME, 1, 1);
  private static final int BATCH = 600;
  private static PictureSet pictures;
  private static TokenSet tokens;
  private static BpeTokenizer tokenizer;

  @BeforeAll
  static void read() throws IOException {
    pictures = TinyRun.pictures(CONFIG);
    tokens = new TokenSet(pictures, TinyRun.vaeTrainer(CONFIG, pictures).model());
    tokenizer = TinyRun.tokenizer(CONFIG, pictures);
  }

  @Test
  void someCaptionsAreEmptyAndTheOthersAreThoseOfTheirPictures() {
    RunConfig config = TinyRun.with(CONFIG, "dalleRecipe", "bpeDropout", 0);
    int none = empty(TinyRun.with(config, "dalleRecipe", "captionDropout", 0));
    int some = empty(TinyRun.with(config, "dalleRecipe", "captionDropout", 0.3));
    assertThat(none).isZero();
    assertThat(some).isBetween((int) (0.2 * BATCH), (int) (0.4 * BATCH));
  }

  /// Counts the empty captions of a batch and checks the others.
  private static int empty(RunConfig config) {
    DalleTrainer trainer = TinyRun.dalleTrainer(config, tokens, tokenizer);
    TransformerConfig c = trainer.model().config();
    int[] which = TokenSet.range(0, BATCH);
    int[] ids = trainer.text(which, Random.of(7)).toInts();
    int count = 0;
    for (int i = 0; i < BATCH; i++) {
      int[] row = Arrays.copyOfRange(ids, i * c.textLength(), (i + 1) * c.textLength());
      Set<String> own = new HashSet<>();
      for (String caption : pictures.data().example(pictures.index(i)).captions()) {
        own.add(Arrays.toString(c.padded(tokenizer.encode(caption))));
      }
      if (Arrays.equals(row, c.padded(new int[0]))) {
        count++;
      } else {
        assertThat(own).contains(Arrays.toString(row));
      }
    }
    return count;
  }
}
