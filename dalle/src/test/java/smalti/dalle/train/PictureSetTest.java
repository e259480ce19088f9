package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import smalti.dalle.data.Picture;
import smalti.dalle.data.Split;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

class PictureSetTest {
  private static final PictureSet SEVEN = new PictureSet(new FewPictures(9, 2, 4), Split.TRAIN);

  @Test
  void everyEpochShowsEveryPictureOnce() {
    int batch = 3;
    int[] dealt =
        LongStream.range(0, 14)
            .mapToObj(step -> SEVEN.deal(step, batch, Random.of(5)))
            .flatMapToInt(Arrays::stream)
            .toArray(); // 42 = 6 epochs
    for (int epoch = 0; epoch < 6; epoch++) {
      assertThat(Arrays.copyOfRange(dealt, 7 * epoch, 7 * epoch + 7))
          .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6);
    }
    assertThat(Arrays.copyOfRange(dealt, 0, 7)).isNotEqualTo(Arrays.copyOfRange(dealt, 7, 14));
  }

  @Test
  void aBatchDependsOnSeedAndStepOnly() {
    int[] seventh = SEVEN.deal(7, 3, Random.of(5));
    SEVEN.deal(1, 3, Random.of(5));
    assertThat(SEVEN.deal(7, 3, Random.of(5))).isEqualTo(seventh);
    List<int[]> others =
        IntStream.range(6, 16).mapToObj(seed -> SEVEN.deal(7, 3, Random.of(seed))).toList();
    assertThat(others).anySatisfy(dealt -> assertThat(dealt).isNotEqualTo(seventh));
  }

  @Test
  void aBatchMayBeLargerThanTheSet() {
    int[] dealt = SEVEN.deal(0, 16, Random.of(1));
    assertThat(dealt).hasSize(16);
    assertThat(Arrays.copyOf(dealt, 7)).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6);
  }

  @Test
  void holdsThePicturesOfOnePartInOrder() {
    PictureSet heldOut = new PictureSet(new FewPictures(9, 2, 4), Split.HELD_OUT);
    assertThat(heldOut.count()).isEqualTo(2);
    assertThat(heldOut.index(0)).isEqualTo(7);
    Tensor pictures = heldOut.pictures(1, 0);
    assertThat(pictures.shape().toString()).isEqualTo("[2, 3, 4, 4]");
    Picture[] split = PictureSet.split(pictures);
    assertThat(split[0]).isEqualTo(heldOut.data().example(8).picture());
    assertThat(PictureSet.batch(List.of(split)).toFloats()).containsExactly(pictures.toFloats());
  }

  @Test
  void mirrorsWholePictures() {
    PictureSet shapes = new PictureSet(smalti.dalle.data.ShapesData.of(16), Split.TRAIN);
    int[] which = IntStream.range(0, 20).toArray();
    Picture[] mirrored = PictureSet.split(shapes.augmented(which, true, 0, Random.of(3)));
    int turned = 0;
    for (int i = 0; i < which.length; i++) {
      Picture original = shapes.data().example(shapes.index(i)).picture();
      assertThat(mirrored[i]).isIn(original, original.flip());
      turned += mirrored[i].equals(original) ? 0 : 1;
    }
    assertThat(turned).isBetween(1, 19);
  }

  @Test
  void collagesAddInkToEmptyPlacesOnly() {
    PictureSet shapes = new PictureSet(smalti.dalle.data.ShapesData.of(16), Split.TRAIN);
    int[] which = IntStream.range(0, 20).toArray();
    float[] plain = shapes.pictures(which).toFloats();
    float[] collage = shapes.augmented(which, false, 8, Random.of(3)).toFloats();
    int added = 0;
    for (int i = 0; i < plain.length; i++) {
      assertThat(collage[i]).isLessThanOrEqualTo(plain[i]);
      added += collage[i] < plain[i] ? 1 : 0;
    }
    assertThat(added).isGreaterThan(1000);
    assertThat(shapes.augmented(which, false, 0, Random.of(3)).toFloats()).containsExactly(plain);
  }

  @Test
  void refusesAnEmptyPart() {
    assertThatThrownBy(() -> new PictureSet(new FewPictures(3, 0, 4), Split.HELD_OUT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("few")
        .hasMessageContaining("no pictures");
  }
}
