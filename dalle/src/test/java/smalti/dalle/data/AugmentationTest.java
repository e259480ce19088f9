package smalti.dalle.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import smalti.tensor.Random;

class AugmentationTest {
  @Property(tries = 300)
  void vaeChoicesAreWithinBounds(
      @ForAll @IntRange(min = 256, max = 700) int width,
      @ForAll @IntRange(min = 256, max = 700) int height,
      @ForAll long seed) {
    var choice = new Augmentation.Vae(256).choose(width, height, Random.of(seed));
    int side = Math.min(width, height);
    assertThat(choice.side()).isEqualTo(side);
    assertThat(choice.left()).isBetween(0, width - side);
    assertThat(choice.top()).isBetween(0, height - side);
    assertThat(choice.resized()).isBetween(Math.min(side, 288), Math.min(side, 384));
    assertThat(choice.x()).isBetween(0, choice.resized() - 256);
    assertThat(choice.y()).isBetween(0, choice.resized() - 256);
  }

  @Property(tries = 300)
  void dalleChoicesAreWithinBoundsAndNeverMirrored(
      @ForAll @IntRange(min = 256, max = 700) int width,
      @ForAll @IntRange(min = 256, max = 700) int height,
      @ForAll long seed) {
    var choice = new Augmentation.Dalle(256).choose(width, height, Random.of(seed));
    int side = Math.min(width, height);
    assertThat(choice.side()).isEqualTo(side);
    assertThat(choice.resized()).isBetween(256, Math.min(side, 288));
    assertThat(choice.x()).isBetween(0, choice.resized() - 256);
    assertThat(choice.y()).isBetween(0, choice.resized() - 256);
    assertThat(choice.mirrored()).isFalse();
    assertThat(choice.left())
        .isBetween(3 * (width - side) / 8, Math.max(0, 5 * (width - side) / 8));
    assertThat(choice.top())
        .isBetween(3 * (height - side) / 8, Math.max(0, 5 * (height - side) / 8));
  }

  @Test
  void bothEndsOfTheSidesAreDrawn() {
    Set<Integer> vae = new TreeSet<>();
    Set<Integer> dalle = new TreeSet<>();
    Set<Integer> offsets = new TreeSet<>();
    Set<Integer> crops = new TreeSet<>();
    int mirrored = 0;
    Random random = Random.of(1);
    for (int i = 0; i < 4000; i++) {
      var first = new Augmentation.Vae(32).choose(100, 60, random);
      var second = new Augmentation.Dalle(32).choose(140, 60, random);
      vae.add(first.resized());
      mirrored += first.mirrored() ? 1 : 0;
      dalle.add(second.resized());
      offsets.add(second.left());
      if (second.resized() == 36) {
        crops.add(second.x());
      }
    }
    assertThat(vae).containsExactly(36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48);
    assertThat(dalle).containsExactly(32, 33, 34, 35, 36);
    assertThat(crops).containsExactly(0, 1, 2, 3, 4);
    assertThat(mirrored).isBetween(1850, 2150);
    assertThat(offsets.iterator().next()).isEqualTo(30); // 3/8 of 80
    assertThat(offsets).hasSize(20).allMatch(offset -> offset < 50); // 5/8 of 80 is left out
  }

  @Test
  void aChoiceIsDoneAsItSays() {
    Picture picture = PictureTest.noise(20, 16, 2);
    Picture all = new Augmentation.Choice(3, 0, 16, 8, 0, 0, false).apply(picture, 8);
    assertThat(all).isEqualTo(picture.crop(3, 0, 16, 16).resizeArea(8, 8).round8());
    Picture part = new Augmentation.Choice(3, 0, 16, 8, 2, 1, true).apply(picture, 6);
    assertThat(part).isEqualTo(all.crop(2, 1, 6, 6).flip());
  }

  @Test
  void smallPicturesAreEnlarged() {
    Picture small = Picture.filled(9, 5, 0x40a0ff);
    for (Augmentation augmentation :
        new Augmentation[] {new Augmentation.Vae(16), new Augmentation.Dalle(16)}) {
      Picture result = augmentation.apply(small, Random.of(3));
      assertThat(result).isEqualTo(Picture.filled(16, 16, 0x40a0ff));
      assertThatThrownBy(() -> augmentation.choose(9, 5, Random.of(3)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("16 does not fit");
    }
  }

  @Test
  void theSameSeedDoesTheSame() {
    Picture picture = PictureTest.noise(50, 40, 2);
    var augmentation = new Augmentation.Vae(24);
    assertThat(augmentation.apply(picture, Random.of(5)))
        .isEqualTo(augmentation.apply(picture, Random.of(5)))
        .isNotEqualTo(augmentation.apply(picture, Random.of(6)));
  }
}
