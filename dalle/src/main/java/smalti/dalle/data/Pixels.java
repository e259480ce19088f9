package smalti.dalle.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;

/// Turns the pixels of an image of any kind into the planes of a picture, over white.
final class Pixels {
  private Pixels() {}

  static Picture toPicture(BufferedImage image, int left, int top, int width, int height) {
    float[] planes = new float[Math.multiplyExact(Math.multiplyExact(3, width), height)];
    if (isGrey(image.getColorModel())) {
      readGrey(image.getRaster(), image.getColorModel(), left, top, width, height, planes);
    } else {
      readColour(image, left, top, width, height, planes);
    }
    return new Picture(width, height, planes);
  }

  private static boolean isGrey(ColorModel model) {
    return model instanceof ComponentColorModel
        && model.getColorSpace().getType() == ColorSpace.TYPE_GRAY;
  }

  /// Reads grey samples as they stand: `getRGB` would take Java's grey for linear light and
  /// brighten it.
  private static void readGrey(
      Raster raster, ColorModel model, int left, int top, int width, int height, float[] planes) {
    float most = (1 << model.getComponentSize(0)) - 1f;
    boolean alpha = model.hasAlpha() && raster.getNumBands() > 1;
    boolean premultiplied = model.isAlphaPremultiplied();
    int area = width * height;
    int[] grey = new int[width];
    int[] opacity = new int[width];
    for (int y = 0; y < height; y++) {
      int row = top + y + raster.getMinY();
      raster.getSamples(left + raster.getMinX(), row, width, 1, 0, grey);
      if (alpha) {
        raster.getSamples(left + raster.getMinX(), row, width, 1, 1, opacity);
      }
      for (int x = 0; x < width; x++) {
        float value = grey[x] / most;
        if (alpha) {
          float a = opacity[x] / most;
          value = (premultiplied ? value : value * a) + (1f - a);
        }
        int i = y * width + x;
        planes[i] = value;
        planes[area + i] = value;
        planes[2 * area + i] = value;
      }
    }
  }

  private static void readColour(
      BufferedImage image, int left, int top, int width, int height, float[] planes) {
    int area = width * height;
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      image.getRGB(left, top + y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++) {
        int argb = row[x];
        float a = (argb >>> 24) / 255f;
        int i = y * width + x;
        for (int c = 0; c < 3; c++) {
          float value = ((argb >> (16 - 8 * c)) & 0xff) / 255f;
          planes[c * area + i] = value * a + (1f - a);
        }
      }
    }
  }
}
