package smalti.dalle.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/// Holds an RGB picture with values in `[0, 1]`, channel by channel: `(3, H, W)` in row-major
/// order, as the models read it. Immutable.
public final class Picture {
  private static final int CHANNELS = 3;

  private final int width;
  private final int height;
  private final float[] planes; // (3, H, W)

  Picture(int width, int height, float[] planes) {
    this.width = width;
    this.height = height;
    this.planes = planes;
  }

  /// Makes a picture from planes `(3, height, width)`; values outside `[0, 1]` are clamped, as a
  /// decoder's may be.
  ///
  /// @throws IllegalArgumentException when the size does not fit the planes, or a value is NaN
  public static Picture of(int width, int height, float[] planes) {
    return of(width, height, planes, 0);
  }

  /// Makes a picture from the `3 · height · width` values of a batch that begin at `offset`.
  ///
  /// @throws IllegalArgumentException when the array ends too early, or a value is NaN
  public static Picture of(int width, int height, float[] batch, int offset) {
    requireSize(width, height);
    int count = Math.multiplyExact(Math.multiplyExact(CHANNELS, width), height);
    if (offset < 0 || batch.length - offset < count || (offset == 0 && batch.length % count != 0)) {
      throw new IllegalArgumentException(
          "A picture of %d x %d needs %d values; %d were given, from %d on."
              .formatted(width, height, count, batch.length, offset));
    }
    float[] planes = Arrays.copyOfRange(batch, offset, offset + count);
    for (int i = 0; i < count; i++) {
      if (Float.isNaN(planes[i])) {
        throw new IllegalArgumentException("A picture cannot hold NaN (value %d).".formatted(i));
      }
      planes[i] = clamp(planes[i]);
    }
    return new Picture(width, height, planes);
  }

  /// Makes a picture of one colour, given as `0xRRGGBB`.
  public static Picture filled(int width, int height, int rgb) {
    requireSize(width, height);
    float[] planes = new float[CHANNELS * width * height];
    for (int c = 0; c < CHANNELS; c++) {
      float value = ((rgb >> (16 - 8 * c)) & 0xff) / 255f;
      Arrays.fill(planes, c * width * height, (c + 1) * width * height, value);
    }
    return new Picture(width, height, planes);
  }

  /// Makes a picture from an image; what is transparent shows white behind it.
  public static Picture of(BufferedImage image) {
    return Pixels.toPicture(image, 0, 0, image.getWidth(), image.getHeight());
  }

  /// Reads a PNG, JPEG, WebP or GIF file (of an animation, the first picture).
  ///
  /// @throws IOException with a sentence that names the file, when it is missing, no image, damaged
  ///   or cut short
  public static Picture read(Path file) throws IOException {
    return PictureFile.read(file);
  }

  /// Returns the number of columns, `W`.
  public int width() {
    return width;
  }

  /// Returns the number of rows, `H`.
  public int height() {
    return height;
  }

  /// Returns a copy of the values, `(3, H, W)`.
  public float[] planes() {
    return planes.clone();
  }

  /// Returns one value; channels are 0 red, 1 green, 2 blue.
  public float at(int channel, int y, int x) {
    return planes[(channel * height + y) * width + x];
  }

  /// Copies the `3 · H · W` values into a batch, from `offset` on.
  public void copyTo(float[] batch, int offset) {
    System.arraycopy(planes, 0, batch, offset, planes.length);
  }

  /// Returns the values themselves, not to be changed: for the loops of this package.
  float[] shared() {
    return planes;
  }

  /// Returns the image with each value rounded to eight bits.
  public BufferedImage toImage() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int area = width * height;
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int i = y * width + x;
        row[x] = to8(planes[i]) << 16 | to8(planes[area + i]) << 8 | to8(planes[2 * area + i]);
      }
      image.setRGB(0, y, width, 1, row, 0, width);
    }
    return image;
  }

  /// Writes a PNG file, whole or not at all.
  ///
  /// @throws IOException when the file cannot be written; the sentence names it
  public void writePng(Path file) throws IOException {
    PictureFile.writePng(toImage(), file);
  }

  /// Cuts out the rectangle whose top left corner is `(x, y)`.
  ///
  /// @throws IllegalArgumentException when it does not lie within the picture
  public Picture crop(int x, int y, int width, int height) {
    requireSize(width, height);
    if (x < 0 || y < 0 || x > this.width - width || y > this.height - height) {
      throw new IllegalArgumentException(
          "A crop of %d x %d at (%d, %d) does not lie within a picture of %d x %d."
              .formatted(width, height, x, y, this.width, this.height));
    }
    float[] cut = new float[CHANNELS * width * height];
    for (int c = 0; c < CHANNELS; c++) {
      for (int row = 0; row < height; row++) {
        int from = (c * this.height + y + row) * this.width + x;
        System.arraycopy(planes, from, cut, (c * height + row) * width, width);
      }
    }
    return new Picture(width, height, cut);
  }

  /// Cuts out the largest square in the middle.
  public Picture centreSquare() {
    int side = Math.min(width, height);
    return crop(middle(width - side), middle(height - side), side, side);
  }

  /// Mirrors left and right.
  public Picture flip() {
    float[] mirrored = new float[planes.length];
    for (int row = 0; row < CHANNELS * height; row++) {
      for (int x = 0; x < width; x++) {
        mirrored[row * width + x] = planes[row * width + width - 1 - x];
      }
    }
    return new Picture(width, height, mirrored);
  }

  /// Resizes by averaging areas exactly (the paper's "area resize"); the mean is kept.
  public Picture resizeArea(int width, int height) {
    requireSize(width, height);
    if (width == this.width && height == this.height) {
      return this;
    }
    float[] rows =
        Resample.area(this.width, width).alongRows(planes, CHANNELS * this.height, this.width);
    float[] out =
        Resample.area(this.height, height).alongColumns(rows, CHANNELS, this.height, width);
    return new Picture(width, height, out);
  }

  /// Resizes with the Lanczos filter, rounding to eight bits after the rows and after the columns,
  /// as the imaging library behind the published code does.
  public Picture resizeLanczos(int width, int height) {
    requireSize(width, height);
    float[] rows = planes;
    if (width != this.width) {
      rows =
          Resample.lanczos(this.width, width).alongRows(planes, CHANNELS * this.height, this.width);
      round8(rows);
    }
    if (height == this.height) {
      return new Picture(width, height, rows);
    }
    float[] out =
        Resample.lanczos(this.height, height).alongColumns(rows, CHANNELS, this.height, width);
    round8(out);
    return new Picture(width, height, out);
  }

  /// Prepares a picture as the published code of DALL·E does: the short side to `size` by Lanczos,
  /// then the square in the middle. (That code refuses smaller pictures; here they are enlarged.)
  public Picture fitLanczos(int size) {
    requireSize(size, size);
    double ratio = (double) size / Math.min(width, height);
    Picture fitted = resizeLanczos((int) Math.rint(ratio * width), (int) Math.rint(ratio * height));
    return fitted.crop(middle(fitted.width - size), middle(fitted.height - size), size, size);
  }

  /// Prepares a picture by area: the square in the middle, averaged to `size`.
  public Picture fitArea(int size) {
    return centreSquare().resizeArea(size, size);
  }

  /// Repeats every pixel `factor` times each way.
  public Picture enlarge(int factor) {
    requireSize(factor, factor);
    int w = Math.multiplyExact(width, factor);
    int h = Math.multiplyExact(height, factor);
    float[] large = new float[Math.multiplyExact(Math.multiplyExact(CHANNELS, w), h)];
    for (int row = 0; row < CHANNELS * h; row++) {
      int from = row / h * height + row % h / factor;
      for (int x = 0; x < w; x++) {
        large[row * w + x] = planes[from * width + x / factor];
      }
    }
    return new Picture(w, h, large);
  }

  /// Rounds every value to eight bits, as a file would keep it.
  public Picture round8() {
    float[] rounded = planes.clone();
    round8(rounded);
    return new Picture(width, height, rounded);
  }

  /// Returns the mean squared difference to a picture of the same size.
  ///
  /// @throws IllegalArgumentException when the sizes differ
  public double meanSquaredError(Picture other) {
    if (width != other.width || height != other.height) {
      throw new IllegalArgumentException(
          "Pictures to compare must have one size; %s, %s.".formatted(this, other));
    }
    double sum = 0;
    for (int i = 0; i < planes.length; i++) {
      double d = planes[i] - other.planes[i];
      sum += d * d;
    }
    return sum / planes.length;
  }

  /// Returns whether the other picture has the same size and the same values.
  @Override
  public boolean equals(Object other) {
    return other instanceof Picture that
        && width == that.width
        && height == that.height
        && Arrays.equals(planes, that.planes);
  }

  /// Returns a hash of size and values.
  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(planes);
  }

  /// Returns the size and the mean colour.
  @Override
  public String toString() {
    double[] mean = new double[CHANNELS];
    int area = width * height;
    for (int i = 0; i < planes.length; i++) {
      mean[i / area] += planes[i] / area;
    }
    return String.format(
        Locale.ROOT,
        "Picture[%d x %d, mean %.2f %.2f %.2f]",
        width,
        height,
        mean[0],
        mean[1],
        mean[2]);
  }

  /// Halves the slack to even, as Python's `round` does in the published centre crop.
  private static int middle(int slack) {
    return (int) Math.rint(slack / 2.0);
  }

  private static float clamp(float value) {
    return Math.clamp(value, 0f, 1f);
  }

  private static int to8(float value) {
    return (int) (clamp(value) * 255f + 0.5f);
  }

  private static void round8(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = to8(values[i]) / 255f;
    }
  }

  private static void requireSize(int width, int height) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "A picture needs at least one pixel each way; got %d x %d.".formatted(width, height));
    }
  }
}
