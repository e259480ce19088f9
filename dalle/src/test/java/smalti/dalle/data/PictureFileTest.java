package smalti.dalle.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFileTest {
  @TempDir Path folder;

  private static double psnr(Picture a, Picture b) {
    return -10 * Math.log10(a.meanSquaredError(b));
  }

  @Test
  void pngKeepsEveryEightBitValue() throws IOException {
    Picture picture = PictureTest.noise(31, 7, 5).round8();
    Path file = folder.resolve("new/deep/a.png");
    picture.writePng(file);
    assertThat(Picture.read(file)).isEqualTo(picture);
    picture.flip().writePng(file);
    assertThat(Picture.read(file)).isEqualTo(picture.flip());
    try (var left = Files.list(file.getParent())) {
      assertThat(left).containsExactly(file);
    }
  }

  @ParameterizedTest
  @CsvSource({"gradient.webp,24", "lossless.webp,90", "cmyk.jpg,40"})
  void readsOtherFormats(String name, double leastPsnr) throws IOException {
    Picture picture = PictureTest.resource(name);
    assertThat(picture.width()).isEqualTo(23);
    assertThat(psnr(picture, PictureTest.resource("gradient.png"))).isGreaterThan(leastPsnr);
  }

  @Test
  void readsGifAndJpeg() throws IOException {
    Picture flat = Picture.filled(20, 10, 0x2080c0);
    for (String format : new String[] {"gif", "jpg"}) {
      Path file = folder.resolve("flat." + format);
      assertThat(ImageIO.write(flat.toImage(), format, file.toFile())).isTrue();
      Picture read = Picture.read(file);
      assertThat(read.height()).isEqualTo(10);
      assertThat(psnr(read, flat)).isGreaterThan(35);
    }
  }

  /// Java's own conversion of grey images brightens them; the file's values must come out.
  @Test
  void greyStaysAsItIs() throws IOException {
    Picture ramp = PictureTest.resource("grey16.png");
    BufferedImage eight = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
    for (int x = 0; x < 256; x++) {
      assertThat(ramp.at(1, 2, x)).isCloseTo(x / 255f, within(1e-6f));
      eight.getRaster().setSample(x, 0, 0, x);
    }
    Path file = folder.resolve("grey.png");
    ImageIO.write(eight, "png", file.toFile());
    assertThat(Picture.read(file)).isEqualTo(ramp.crop(0, 0, 256, 1).round8());
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpg", "gif", "webp"})
  void saysThatAFileIsCutShort(String format) throws IOException {
    Path whole = folder.resolve("whole." + format);
    if (format.equals("webp")) {
      Files.copy(PictureTest.path("gradient.webp"), whole);
    } else {
      ImageIO.write(PictureTest.noise(64, 64, 1).toImage(), format, whole.toFile());
    }
    byte[] bytes = Files.readAllBytes(whole);
    for (double share : new double[] {0.3, 0.6, 0.9}) {
      Path file = folder.resolve("cut." + format);
      Files.write(file, Arrays.copyOf(bytes, (int) (share * bytes.length)));
      assertThatIOException()
          .isThrownBy(() -> Picture.read(file))
          .withMessageStartingWith(file.toString())
          .withMessageContaining("cut short");
    }
  }

  @Test
  void namesTheFileAndTheFault() throws IOException {
    Path text = Files.writeString(folder.resolve("text.png"), "I am no picture.");
    Path empty = Files.createFile(folder.resolve("empty.jpg"));
    Path missing = folder.resolve("missing.png");
    assertThatIOException()
        .isThrownBy(() -> Picture.read(text))
        .withMessage(text + " is not a PNG, JPEG, WebP or GIF image.");
    assertThatIOException().isThrownBy(() -> Picture.read(empty)).withMessage(empty + " is empty.");
    assertThatIOException()
        .isThrownBy(() -> Picture.read(missing))
        .withMessage("There is no file " + missing + ".");
    assertThatIOException()
        .isThrownBy(() -> Picture.read(folder))
        .withMessage(folder + " is not a file.");
    assertThatIOException()
        .isThrownBy(() -> Picture.filled(1, 1, 0).writePng(text.resolve("a.png")))
        .withMessageStartingWith(text.resolve("a.png") + ": cannot be written");
  }

  /// A header that promises a billion pixels is refused before memory is asked for.
  @Test
  void refusesGiants() throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(Picture.filled(1, 1, 0).toImage(), "png", png);
    byte[] bytes = png.toByteArray();
    byte[] header = HexFormat.of().parseHex("49484452000186a0000186a0"); // IHDR 100000 x 100000
    System.arraycopy(header, 0, bytes, 12, header.length);
    Path file = Files.write(folder.resolve("giant.png"), bytes);
    assertThatIOException()
        .isThrownBy(() -> Picture.read(file))
        .withMessageContaining("too large: 100000 x 100000");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0,0, 3,0", "2, 3,0, 0,0", "3, 3,1, 0,1", "4, 0,1, 3,1",
    "5, 0,0, 0,3", "6, 1,0, 1,3", "7, 1,3, 1,0", "8, 0,3, 0,0"
  })
  void turnsPhotographsUpright(int tag, int firstX, int firstY, int lastX, int lastY)
      throws IOException {
    // Stored: 4 x 2 blocks of 16 pixels, the first of the top row red, the last of it blue.
    Picture stored = Picture.filled(64, 32, 0xffffff);
    BufferedImage image = stored.toImage();
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, 0xff0000);
      image.setRGB(48 + i % 16, i / 16, 0x0000ff);
    }
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    ImageIO.write(image, "jpg", plain);
    byte[] jpeg = plain.toByteArray();
    byte[] note =
        HexFormat.of()
            .parseHex(
                "ffe10022"
                    + "457869660000"
                    + "4d4d002a00000008"
                    + "0001"
                    + "0112000300000001"
                    + "%04x0000".formatted(tag)
                    + "00000000");
    ByteArrayOutputStream noted = new ByteArrayOutputStream();
    noted.write(jpeg, 0, 2);
    noted.writeBytes(note);
    noted.write(jpeg, 2, jpeg.length - 2);
    Path file = Files.write(folder.resolve("photo.jpg"), noted.toByteArray());

    Picture seen = Picture.read(file);
    assertThat(seen.width()).isEqualTo(tag < 5 ? 64 : 32);
    int red = 16 * firstX + 8;
    assertThat(seen.at(0, 16 * firstY + 8, red)).isGreaterThan(0.9f);
    assertThat(seen.at(2, 16 * firstY + 8, red)).isLessThan(0.1f);
    int blue = 16 * lastX + 8;
    assertThat(seen.at(2, 16 * lastY + 8, blue)).isGreaterThan(0.9f);
    assertThat(seen.at(0, 16 * lastY + 8, blue)).isLessThan(0.1f);
  }
}
