package smalti.dalle.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.dalle.data.FolderReport.Kind;
import smalti.tensor.Random;

class FolderDataTest {
  @TempDir Path folder;

  private void image(String name, int rgb, String caption) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    String format = name.substring(name.lastIndexOf('.') + 1);
    ImageIO.write(Picture.filled(40, 24, rgb).toImage(), format, file.toFile());
    text(name.substring(0, name.lastIndexOf('.')) + ".txt", caption);
  }

  private void text(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  @Test
  void readsEveryFormatAndSubfolder() throws IOException {
    image("b.png", 0xff0000, "A red thing.\n\n  a picture in red  \n");
    image("a.JPG", 0x00ff00, "green");
    image("sub/b.gif", 0x0000ff, "blue");
    Files.copy(PictureTest.path("lossless.webp"), folder.resolve("sub/w.webp"));
    text("sub/w.txt", "\uFEFFa gradient");
    Files.writeString(folder.resolve("._b.png"), "a shadow");
    FolderData data = FolderData.open(folder, 16, 0);
    assertThat(data.size()).isEqualTo(4);
    assertThat(data.example(0).concept()).isEqualTo("a.JPG");
    assertThat(data.example(1).captions()).containsExactly("A red thing.", "a picture in red");
    assertThat(data.example(1).picture()).isEqualTo(Picture.filled(16, 16, 0xff0000));
    assertThat(data.example(2).concept()).isEqualTo("sub/b.gif");
    assertThat(data.example(2).group()).isEqualTo("sub");
    assertThat(data.example(2).captions()).containsExactly("blue");
    assertThat(data.example(3).captions()).containsExactly("a gradient");
    assertThat(data.name()).isEqualTo(String.valueOf(folder.getFileName()));
    assertThat(data.report().summary()).isEqualTo("4 of 4 images in " + folder + " are used.");
    assertThat(data.caption(1, Random.of(1))).isIn("A red thing.", "a picture in red");
  }

  @Test
  void countsAndNamesWhatCannotBeUsed() throws IOException {
    image("good.png", 0x808080, "grey");
    image("empty.png", 0x808080, " \n\n");
    image("alone.png", 0x808080, "");
    Files.delete(folder.resolve("alone.txt"));
    image("cut.jpg", 0x123456, "cut short");
    byte[] whole = Files.readAllBytes(folder.resolve("cut.jpg"));
    Files.write(folder.resolve("cut.jpg"), Arrays.copyOf(whole, whole.length / 2));
    image("sub/words.png", 0, "not an image");
    text("sub/words.png", "words");
    text("orphan.txt", "nobody's caption");
    Files.write(folder.resolve("latin.txt"), "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    Files.copy(folder.resolve("good.png"), folder.resolve("latin.png"));

    FolderData data = FolderData.open(folder, 8, 0);
    FolderReport report = data.report();
    assertThat(data.size()).isEqualTo(2);
    assertThat(data.example(1).captions()).containsExactly("caf\u00e9");
    assertThat(report.images()).isEqualTo(6);
    assertThat(report.used()).isEqualTo(2);
    assertThat(report.count(Kind.BROKEN_IMAGE)).isEqualTo(2);
    assertThat(report.count(Kind.EMPTY_CAPTION)).isEqualTo(1);
    assertThat(report.count(Kind.NO_CAPTION_FILE)).isEqualTo(1);
    assertThat(report.count(Kind.NO_IMAGE)).isEqualTo(1);
    assertThat(report.summary())
        .isEqualTo(
            "2 of 6 images in "
                + folder
                + " are used; left out: 2 broken images (cut.jpg, sub/words.png);"
                + " 1 image without a caption file (alone.png);"
                + " 1 image with an empty caption file (empty.png);"
                + " 1 caption file without an image (orphan.txt).")
        .doesNotContain("\n");
    assertThat(report.problems())
        .filteredOn(problem -> problem.file().equals("cut.jpg"))
        .singleElement()
        .satisfies(problem -> assertThat(problem.reason()).contains("cut short"));
  }

  @Test
  void longListsAreShortened() throws IOException {
    image("good.png", 0, "black");
    for (int i = 0; i < 9; i++) {
      text("bad" + i + ".png", "no image");
      text("bad" + i + ".txt", "caption");
    }
    assertThat(FolderData.open(folder, 8).report().summary())
        .contains("9 broken images (bad0.png, bad1.png, bad2.png, bad3.png, bad4.png, …)");
  }

  @Test
  void splitDependsOnThePathAlone() throws IOException {
    Map<String, Split> before = new HashMap<>();
    for (int i = 0; i < 120; i++) {
      image("p%03d.png".formatted(i), i, "number " + i);
    }
    FolderData data = FolderData.open(folder, 8);
    assertThat(data.indices(Split.HELD_OUT).length).isBetween(3, 25);
    for (int i = 0; i < data.size(); i++) {
      before.put(data.example(i).concept(), data.split(i));
    }
    for (int i = 0; i < 30; i++) {
      Files.delete(folder.resolve("p%03d.png".formatted(i)));
      image("a%03d.png".formatted(i), i, "new");
    }
    FolderData later = FolderData.open(folder, 8);
    for (int i = 0; i < later.size(); i++) {
      String path = later.example(i).concept();
      assertThat(later.split(i)).isEqualTo(before.getOrDefault(path, later.split(i)));
    }
    assertThat(FolderData.open(folder, 8, 0).indices(Split.HELD_OUT)).isEmpty();
  }

  @Test
  void somethingIsAlwaysLeftToLearnFrom() throws IOException {
    image("one.png", 0, "black");
    FolderData data = FolderData.open(folder, 8, 0.999999);
    assertThat(data.indices(Split.TRAIN)).containsExactly(0);
    assertThat(data.indices(Split.HELD_OUT)).isEmpty();
  }

  @Test
  void saysWhyAFolderCannotBeUsed() throws IOException {
    Path missing = folder.resolve("missing");
    assertThatIOException()
        .isThrownBy(() -> CaptionedData.open(missing.toString(), 8))
        .withMessage("There is no folder " + missing + ".");
    assertThatIOException()
        .isThrownBy(() -> FolderData.open(folder, 8))
        .withMessage("The folder " + folder + " has no PNG, JPEG, WebP or GIF images.");
    text("a.png", "no image");
    text("a.txt", "caption");
    assertThatIOException()
        .isThrownBy(() -> FolderData.open(folder, 8))
        .withMessageContaining("0 of 1 images")
        .withMessageContaining("1 broken image (a.png)");
    assertThatIOException()
        .isThrownBy(() -> FolderData.open(folder.resolve("a.png"), 8))
        .withMessageContaining("is not a folder");
    assertThatIllegalArgumentException().isThrownBy(() -> FolderData.open(folder, 8, 1));
  }

  @Test
  void namesOpenTheKnownSets() throws IOException {
    assertThat(CaptionedData.open("shapes", 16)).isInstanceOf(ShapesData.class);
    assertThat(CaptionedData.open("emoji", 16).name()).isEqualTo("emoji");
  }
}
