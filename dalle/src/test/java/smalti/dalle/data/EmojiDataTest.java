package smalti.dalle.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import smalti.tensor.Random;

class EmojiDataTest {
  private static final EmojiData EMOJI = EmojiData.of(32);

  private static int find(String name) {
    return IntStream.range(0, EMOJI.size())
        .filter(i -> EMOJI.emoji(i).name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name));
  }

  @Test
  void holdsEveryBaseEmojiOnce() {
    assertThat(EMOJI.size()).isEqualTo(1911);
    Set<String> codes = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < EMOJI.size(); i++) {
      Emoji emoji = EMOJI.emoji(i);
      codes.add(emoji.code());
      names.add(emoji.name());
      assertThat(emoji.code().matches(".+-1F3F[B-F].*")).as(emoji.code()).isFalse();
      assertThat(EMOJI.example(i).picture().width()).isEqualTo(32);
    }
    assertThat(codes).hasSize(1911);
    assertThat(names).hasSize(1911);
    assertThat(EMOJI.emoji(find("grinning face")).code()).isEqualTo("1F600");
  }

  /// Cells are 66 pixels, the outermost of which are border: nothing may be painted there, and
  /// round emoji have empty corners.
  @Test
  void cutsTheSheetAtItsCells() throws IOException {
    BufferedImage sheet = EmojiData.sheet();
    assertThat(sheet.getWidth()).isEqualTo(62 * 66);
    for (int line = 0; line < 62; line++) {
      for (int along = 0; along < sheet.getHeight(); along++) {
        assertThat(sheet.getRGB(66 * line, along) >>> 24).isZero();
        assertThat(sheet.getRGB(66 * line + 65, along) >>> 24).isZero();
        assertThat(sheet.getRGB(along, 66 * line) >>> 24).isZero();
        assertThat(sheet.getRGB(along, 66 * line + 65) >>> 24).isZero();
      }
    }
    Picture circle = EMOJI.example(find("red circle")).picture();
    for (int corner = 0; corner < 4; corner++) {
      for (int c = 0; c < 3; c++) {
        assertThat(circle.at(c, corner / 2 * 31, corner % 2 * 31)).isEqualTo(1f);
      }
    }
  }

  @Test
  void showsKnownColours() {
    record Known(String name, double red, double green, double blue) {}
    for (Known known :
        List.of(
            new Known("red circle", 0.93, 0.17, 0.2),
            new Known("blue square", 0.1, 0.55, 0.85),
            new Known("green heart", 0.45, 0.7, 0.25),
            new Known("black large square", 0.2, 0.2, 0.2))) {
      Picture picture = EMOJI.example(find(known.name)).picture();
      assertThat((double) picture.at(0, 16, 16)).as(known.name).isCloseTo(known.red, within(0.2));
      assertThat((double) picture.at(1, 16, 16)).as(known.name).isCloseTo(known.green, within(0.2));
      assertThat((double) picture.at(2, 16, 16)).as(known.name).isCloseTo(known.blue, within(0.2));
    }
    // The flag of France: blue, white, red from left to right.
    Picture france = EMOJI.example(find("flag of france")).picture();
    assertThat(france.at(2, 16, 5)).isGreaterThan(france.at(0, 16, 5) + 0.3f);
    assertThat(france.at(1, 16, 16)).isGreaterThan(0.8f);
    assertThat(france.at(0, 16, 27)).isGreaterThan(france.at(2, 16, 27) + 0.3f);
  }

  @Test
  void allPicturesDiffer() {
    Set<Picture> pictures = new HashSet<>();
    IntStream.range(0, EMOJI.size()).forEach(i -> pictures.add(EMOJI.example(i).picture()));
    // A few flags of islands are those of their states.
    assertThat(pictures).hasSizeGreaterThan(1895);
  }

  @Test
  void smallerPicturesAreAveragesOfTheSprites() {
    EmojiData large = EmojiData.of(64);
    for (int i = 0; i < EMOJI.size(); i += 97) {
      Picture averaged = large.example(i).picture().resizeArea(32, 32);
      assertThat(averaged).isEqualTo(EMOJI.example(i).picture());
    }
  }

  @Test
  void splitsByMotif() {
    int heldOut = EMOJI.indices(Split.HELD_OUT).length;
    assertThat(heldOut).isBetween(191, 195);
    assertThat(EMOJI.indices(Split.TRAIN).length + heldOut).isEqualTo(1911);
    Map<String, Split> splits = new HashMap<>();
    for (int i = 0; i < EMOJI.size(); i++) {
      Split before = splits.put(EMOJI.emoji(i).motif(), EMOJI.split(i));
      assertThat(before).isIn(null, EMOJI.split(i));
    }
    assertThat(EMOJI.emoji(find("man running")).motif())
        .isEqualTo(EMOJI.emoji(find("woman running, facing right")).motif())
        .isEqualTo(EMOJI.emoji(find("person running")).motif());
    assertThat(EMOJI.emoji(find("male sign")).motif())
        .isNotEqualTo(EMOJI.emoji(find("female sign")).motif());
  }

  /// The split must never move: numbers of different versions could not be compared.
  @Test
  void splitIsFixed() {
    EmojiData again = EmojiData.of(8);
    long fingerprint = 0;
    for (int index : EMOJI.indices(Split.HELD_OUT)) {
      assertThat(again.split(index)).isEqualTo(Split.HELD_OUT);
      fingerprint = 31 * fingerprint + EMOJI.emoji(index).code().hashCode();
    }
    // The value says nothing by itself; it was noted when the split was first made.
    assertThat(fingerprint).isEqualTo(8126265631524603731L);
  }

  @Test
  void captionsReadNaturally() {
    assertThat(EMOJI.example(find("grinning face")).captions())
        .contains(
            "grinning face",
            "a picture of a grinning face",
            "an emoji of a grinning face",
            "smileys & emotion: grinning face",
            "face smiling: grinning face");
    assertThat(EMOJI.example(find("flag of egypt")).captions())
        .contains("flag of egypt", "a picture of the flag of egypt")
        .noneMatch(caption -> caption.startsWith("flag: "));
    assertThat(EMOJI.example(find("octopus")).captions()).contains("a picture of an octopus");
    assertThat(EMOJI.example(find("unicorn")).captions()).contains("a picture of a unicorn");
    assertThat(EMOJI.example(find("folded hands")).captions())
        .contains("a picture of folded hands");
    assertThat(EMOJI.example(find("man with red hair")).concept()).isEqualTo("man with red hair");
    assertThat(EMOJI.example(find("family of man, woman and boy")).group())
        .isEqualTo("people & body");
  }

  @Test
  void drawnCaptionsVaryAndKeepTheName() {
    Random random = Random.of(4);
    int pizza = find("pizza");
    Set<String> drawn = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      String caption = EMOJI.caption(pizza, random);
      assertThat(caption).contains("pizza").isEqualTo(caption.toLowerCase(Locale.ROOT));
      drawn.add(caption);
    }
    assertThat(drawn).hasSizeGreaterThan(10).contains("pizza", "a picture of pizza");
    for (int i = 0; i < EMOJI.size(); i++) {
      assertThat(EMOJI.caption(i, Random.of(i))).contains(EMOJI.emoji(i).name());
    }
    assertThat(EMOJI.caption(pizza, Random.of(9))).isEqualTo(EMOJI.caption(pizza, Random.of(9)));
  }

  @Test
  void showcasesComeFromTheirPart() {
    for (Split split : Split.values()) {
      int[] shown = EMOJI.showcase(split, 24);
      assertThat(shown).hasSize(24).doesNotHaveDuplicates().isEqualTo(EMOJI.showcase(split, 24));
      assertThat(IntStream.of(shown).mapToObj(EMOJI::split)).containsOnly(split);
    }
    assertThat(EMOJI.showcase(Split.HELD_OUT, 5000)).hasSameSizeAs(EMOJI.indices(Split.HELD_OUT));
  }

  @Test
  void refusesSizesThatDoNotFit() {
    assertThatThrownBy(() -> EmojiData.of(7)).hasMessageContaining("from 8 to 256");
  }
}
