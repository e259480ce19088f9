package smalti.dalle.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;
import smalti.tensor.io.AtomicFile;

/// Reads and writes image files, and says in one sentence what is wrong with those it cannot read.
final class PictureFile {
  /// More pixels than this are refused before they are decoded: 400 MB as bytes of four channels.
  private static final long MOST_PIXELS = 100_000_000;

  private PictureFile() {}

  static Picture read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          Files.exists(file) ? file + " is not a file." : "There is no file " + file + ".");
    }
    if (!Files.isReadable(file)) {
      throw new IOException(file + " may not be read (permission denied).");
    }
    if (Files.size(file) == 0) {
      throw new IOException(file + " is empty.");
    }
    try (ImageInputStream input = new MemoryCacheImageInputStream(Files.newInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
      if (!readers.hasNext()) {
        throw new IOException(file + " is not a PNG, JPEG, WebP or GIF image.");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(input, true, true);
        Picture picture = Picture.of(decode(reader, file));
        return isJpeg(reader) ? ExifOrientation.of(file).upright(picture) : picture;
      } finally {
        reader.dispose();
      }
    }
  }

  private static boolean isJpeg(ImageReader reader) throws IOException {
    return reader.getFormatName().toLowerCase(Locale.ROOT).contains("jp");
  }

  private static BufferedImage decode(ImageReader reader, Path file) throws IOException {
    boolean[] ended = {false};
    reader.addIIOReadWarningListener((_, warning) -> {
      // The JPEG decoder paints the missing part grey and only warns.
      if (warning.toLowerCase(Locale.ROOT).contains("premature end")) {
        ended[0] = true;
      }
    });
    @Nullable BufferedImage image;
    try {
      long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
      image = pixels > MOST_PIXELS ? null : reader.read(0);
    } catch (IOException | RuntimeException e) {
      // Decoders meet damaged bytes with exceptions of every kind, index errors among them.
      throw new IOException(file + " is damaged or cut short (" + reason(e) + ").", e);
    }
    if (image == null) {
      throw new IOException(
          "%s is too large: %d x %d pixels; at most %d can be read."
              .formatted(file, reader.getWidth(0), reader.getHeight(0), MOST_PIXELS));
    }
    if (ended[0]) {
      throw new IOException(file + " is cut short: the image ends before its last row.");
    }
    return image;
  }

  private static String reason(Exception e) {
    String message = e.getMessage();
    return message == null || message.isBlank() ? e.getClass().getSimpleName() : message.strip();
  }

  /// Writes a PNG whole or not at all; makes its folder.
  static void writePng(BufferedImage image, Path file) throws IOException {
    if (file.toAbsolutePath().getParent() instanceof Path folder) {
      try {
        Files.createDirectories(folder);
      } catch (IOException e) {
        throw new IOException("%s: cannot be written: %s".formatted(file, reason(e)), e);
      }
    }
    AtomicFile.write(
        file,
        out -> {
          if (!ImageIO.write(image, "png", out)) {
            throw new IOException("no PNG writer takes an image of type " + image.getType());
          }
        });
  }
}
