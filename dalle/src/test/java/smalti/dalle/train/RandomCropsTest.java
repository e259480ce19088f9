package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import smalti.dalle.data.Augmentation;
import smalti.dalle.data.EmojiData;
import smalti.dalle.data.Picture;
import smalti.dalle.data.Split;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

class RandomCropsTest {
  private static final int SIZE = 16;
  private static final RunConfig CONFIG =
      TinyRun.with(TinyRun.config(EmojiData.NAME, 3, 3), "vaeRecipe", "crops", true);

  private static PictureSet pictures;
  private static RandomCrops crops;

  @BeforeAll
  static void read() throws IOException {
    pictures = new PictureSet(EmojiData.of(SIZE), Split.TRAIN);
    crops = RandomCrops.of(pictures, EmojiData.NAME);
  }

  private static List<Picture> cut(boolean flip, int seed) {
    int[] which = IntStream.range(0, 8).toArray();
    return List.of(PictureSet.split(crops.crop(which, flip, Random.of(seed))));
  }

  /// Each is what listing 1 makes of the same picture half as large again.
  @Test
  void cropsAreThoseOfTheListing() {
    EmojiData larger = EmojiData.of(24);
    Augmentation listing = new Augmentation.Vae(SIZE);
    List<Picture> cut = cut(true, 3);
    for (int i = 0; i < cut.size(); i++) {
      Picture whole = larger.example(pictures.index(i)).picture();
      Picture expected = listing.apply(whole, Random.of(3).split(i));
      assertThat(cut.get(i).meanSquaredError(expected)).isZero();
      assertThat(cut.get(i).meanSquaredError(pictures.data().example(i).picture())).isPositive();
    }
  }

  @Test
  void withoutFlippingNoneIsMirrored() {
    List<Picture> perhaps = cut(true, 3);
    List<Picture> never = cut(false, 3);
    int mirrored = 0;
    for (int i = 0; i < perhaps.size(); i++) {
      boolean same = perhaps.get(i).meanSquaredError(never.get(i)) == 0;
      mirrored += same ? 0 : 1;
      assertThat(same || perhaps.get(i).flip().meanSquaredError(never.get(i)) == 0).isTrue();
    }
    assertThat(mirrored).isBetween(1, 7);
  }

  @Test
  void trainingSeesThem() {
    VaeRecipe plain = TinyRun.with(CONFIG, "vaeRecipe", "crops", false).vaeRecipe();
    double whole = loss(new VaeTrainer<>(model(), plain, pictures, crops, Random.of(2)));
    double cropped =
        loss(new VaeTrainer<>(model(), CONFIG.vaeRecipe(), pictures, crops, Random.of(2)));
    assertThat(cropped).isNotEqualTo(whole);
    assertThat(loss(new VaeTrainer<>(model(), plain, pictures, Random.of(2)))).isEqualTo(whole);
    assertThatThrownBy(() -> new VaeTrainer<>(model(), CONFIG.vaeRecipe(), pictures, Random.of(2)))
        .hasMessageContaining("crops");
  }

  private static DiscreteVae model() {
    return new DiscreteVae(CONFIG.vae(), Random.of(1));
  }

  private static double loss(VaeTrainer<?> trainer) {
    Double loss = trainer.advance().get("loss");
    assertThat(loss).isNotNull();
    return loss;
  }

  @Test
  void aBatchHasTheSizeOfThePictures() {
    Tensor batch = crops.crop(new int[] {5, 0}, true, Random.of(1));
    assertThat(batch.shape()).isEqualTo(Shape.of(2, 3, SIZE, SIZE));
  }
}
