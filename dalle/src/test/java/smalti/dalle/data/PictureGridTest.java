package smalti.dalle.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureGridTest {
  private static final Picture RED = Picture.filled(8, 8, 0xff0000);
  private static final Picture BLUE = Picture.filled(300, 150, 0x0000ff);

  private static int count(BufferedImage image, int rgb) {
    int count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += (image.getRGB(x, y) & 0xffffff) == rgb ? 1 : 0;
      }
    }
    return count;
  }

  @Test
  void bringsPicturesToTheCell() {
    BufferedImage sheet = new PictureGrid(60).row(List.of(RED, BLUE)).row(List.of(RED)).toImage();
    assertThat(sheet.getWidth()).isEqualTo(8 + 2 * 68);
    assertThat(sheet.getHeight()).isEqualTo(8 + 2 * 68);
    assertThat(count(sheet, 0xff0000)).isEqualTo(2 * 56 * 56); // 7 times 8 fits into 60
    assertThat(count(sheet, 0x0000ff)).isEqualTo(60 * 30);
    assertThat(sheet.getRGB(8 + 2, 8 + 2) & 0xffffff).isEqualTo(0xff0000);
  }

  @Test
  void wordsMakeRoomForThemselves() {
    int bare = new PictureGrid(64).row(List.of(RED)).toImage().getHeight();
    int one = new PictureGrid(64).row("", List.of(RED), List.of("red")).toImage().getHeight();
    String text = "a very long caption that cannot possibly stand in one line";
    BufferedImage sheet = new PictureGrid(64).row("Label", List.of(RED), List.of(text)).toImage();
    assertThat(one).isGreaterThan(bare + 10);
    assertThat(sheet.getHeight()).isGreaterThan(one + 60);
    int ink = 0;
    for (int y = 64 + 30; y < sheet.getHeight(); y++) {
      for (int x = 0; x < sheet.getWidth(); x++) {
        ink += (sheet.getRGB(x, y) & 0xff) < 0xa0 ? 1 : 0;
      }
    }
    assertThat(ink).isGreaterThan(100);
  }

  @Test
  void linesFitAndLoseNoWord() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    FontMetrics metrics =
        image.createGraphics().getFontMetrics(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    String text = "a small red circle at the top left of supercalifragilisticexpialidocious things";
    List<String> lines = PictureGrid.wrap(text, metrics, 80);
    assertThat(lines).hasSizeGreaterThan(4).allMatch(line -> metrics.stringWidth(line) <= 80);
    assertThat(String.join("", lines).replace(" ", "")).isEqualTo(text.replace(" ", ""));
    assertThat(PictureGrid.wrap("  ", metrics, 80)).isEmpty();
  }

  @Test
  void writesAPng(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("grid.png");
    new PictureGrid(32).row("both", List.of(RED, BLUE)).writePng(file);
    assertThat(Picture.read(file).width()).isEqualTo(8 + 2 * 40);
  }

  @Test
  void refusesWhatCannotBeDrawn() {
    assertThatThrownBy(() -> new PictureGrid(32).toImage())
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new PictureGrid(4)).hasMessageContaining("16");
    assertThatThrownBy(() -> new PictureGrid(32).row("", List.of(RED), List.of("a", "b")))
        .hasMessageContaining("1 pictures, 2 captions");
  }
}
