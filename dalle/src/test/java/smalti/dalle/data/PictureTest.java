package smalti.dalle.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smalti.tensor.Random;

class PictureTest {
  static Picture noise(int width, int height, long seed) {
    Random random = Random.of(seed);
    float[] planes = new float[3 * width * height];
    for (int i = 0; i < planes.length; i++) {
      planes[i] = random.nextFloat();
    }
    return Picture.of(width, height, planes);
  }

  private static double mean(Picture picture, int channel) {
    double sum = 0;
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        sum += picture.at(channel, y, x);
      }
    }
    return sum / (picture.width() * picture.height());
  }

  @Test
  void planesAreChannelByChannelAndClamped() {
    Picture picture = Picture.of(2, 1, new float[] {0.1f, 0.2f, 0.3f, 0.4f, -5f, 7f});
    assertThat(picture.at(0, 0, 1)).isEqualTo(0.2f);
    assertThat(picture.at(1, 0, 0)).isEqualTo(0.3f);
    assertThat(picture.at(2, 0, 0)).isZero();
    assertThat(picture.at(2, 0, 1)).isEqualTo(1f);
    float[] batch = new float[10];
    picture.copyTo(batch, 4);
    assertThat(Picture.of(2, 1, batch, 4)).isEqualTo(picture);
  }

  @Test
  void callersCannotChangeAPicture() {
    float[] planes = new float[3];
    Picture picture = Picture.of(1, 1, planes);
    planes[0] = 1;
    picture.planes()[1] = 1;
    assertThat(picture).isEqualTo(Picture.filled(1, 1, 0));
  }

  @Test
  void refusesWhatIsNoPicture() {
    assertThatThrownBy(() -> Picture.of(2, 2, new float[11]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 x 2 needs 12 values");
    assertThatThrownBy(() -> Picture.of(1, 1, new float[] {0, Float.NaN, 0}))
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> Picture.of(0, 1, new float[0])).hasMessageContaining("0 x 1");
    assertThatThrownBy(() -> noise(4, 4, 1).crop(2, 0, 3, 4)).hasMessageContaining("(2, 0)");
  }

  @Property(tries = 60)
  void areaResizeKeepsConstantsAndMeans(
      @ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll @IntRange(min = 1, max = 40) int height,
      @ForAll @IntRange(min = 1, max = 40) int newWidth,
      @ForAll @IntRange(min = 1, max = 40) int newHeight) {
    Picture constant = Picture.filled(width, height, 0x3366cc).resizeArea(newWidth, newHeight);
    Picture noise = noise(width, height, width * 41L + height);
    Picture resized = noise.resizeArea(newWidth, newHeight);
    for (int c = 0; c < 3; c++) {
      assertThat(mean(resized, c)).isCloseTo(mean(noise, c), within(1e-6));
      for (int y = 0; y < newHeight; y++) {
        for (int x = 0; x < newWidth; x++) {
          assertThat(constant.at(c, y, x))
              .isCloseTo(0.2f * (c + 1) + (c == 2 ? 0.2f : 0), within(1e-6f));
        }
      }
    }
  }

  @Test
  void areaResizeSharesBorderPixels() {
    Picture three = Picture.of(3, 1, new float[] {0, 0.6f, 1, 0, 0, 0, 1, 1, 1});
    Picture two = three.resizeArea(2, 1);
    assertThat(two.at(0, 0, 0)).isCloseTo((0 + 0.5f * 0.6f) / 1.5f, within(1e-6f));
    assertThat(two.at(0, 0, 1)).isCloseTo((0.5f * 0.6f + 1) / 1.5f, within(1e-6f));
  }

  @Property(tries = 20)
  void enlargingIsUndoneByAveraging(
      @ForAll @IntRange(min = 1, max = 9) int width,
      @ForAll @IntRange(min = 1, max = 9) int height,
      @ForAll @IntRange(min = 1, max = 5) int factor) {
    Picture picture = noise(width, height, factor);
    Picture large = picture.enlarge(factor);
    assertThat(large.at(1, height * factor - 1, width * factor - 1))
        .isEqualTo(picture.at(1, height - 1, width - 1));
    assertThat(large.resizeArea(width, height).meanSquaredError(picture)).isLessThan(1e-12);
  }

  @Test
  void flipAndCropMovePixels() {
    Picture picture = noise(5, 4, 3);
    assertThat(picture.flip().at(2, 1, 0)).isEqualTo(picture.at(2, 1, 4));
    assertThat(picture.flip().flip()).isEqualTo(picture);
    assertThat(picture.crop(1, 2, 3, 2).at(1, 1, 2)).isEqualTo(picture.at(1, 3, 3));
    assertThat(noise(9, 4, 3).centreSquare()).isEqualTo(noise(9, 4, 3).crop(2, 0, 4, 4));
  }

  @Test
  void transparencyShowsWhite() {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x00ff0000);
    image.setRGB(1, 0, 0x80000000);
    Picture picture = Picture.of(image);
    assertThat(picture.at(0, 0, 0)).isEqualTo(1f);
    assertThat(picture.at(1, 0, 1)).isCloseTo(127 / 255f, within(1e-6f));
  }

  /// The expected pictures were resized by Pillow's Lanczos filter; see make_pictures.py.
  @ParameterizedTest
  @CsvSource({"11,8", "40,31", "23,9"})
  void lanczosEqualsPillow(int width, int height) throws IOException {
    Picture resized = resource("gradient.png").resizeLanczos(width, height);
    Picture expected = resource("lanczos-%dx%d.png".formatted(width, height));
    assertThat(expected.width()).isEqualTo(width);
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          assertThat(resized.at(c, y, x)).isCloseTo(expected.at(c, y, x), within(1.01f / 255));
        }
      }
    }
    assertThat(resized.meanSquaredError(expected)).isLessThan(1e-7);
  }

  @Test
  void fitLanczosTakesTheShortSideAndTheMiddle() throws IOException {
    Picture wide = resource("gradient.png"); // 23 x 17
    assertThat(wide.fitLanczos(8)).isEqualTo(wide.resizeLanczos(11, 8).crop(2, 0, 8, 8));
    assertThat(wide.fitLanczos(34).width()).isEqualTo(34);
    assertThat(wide.fitArea(17)).isEqualTo(wide.crop(3, 0, 17, 17));
  }

  @Test
  void comparesOnlyPicturesOfOneSize() {
    assertThat(Picture.filled(3, 3, 0).meanSquaredError(Picture.filled(3, 3, 0xffffff)))
        .isEqualTo(1);
    assertThatThrownBy(() -> noise(3, 3, 0).meanSquaredError(noise(3, 4, 0)))
        .hasMessageContaining("one size");
  }

  static Picture resource(String name) throws IOException {
    return Picture.read(path(name));
  }

  static Path path(String name) {
    return Path.of(java.net.URI.create(String.valueOf(PictureTest.class.getResource(name))));
  }
}
