package smalti.dalle.data;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// Turns photographs upright: cameras keep the sensor's rows and note how they were held (Exif
/// 2.32, tag `0x0112`, values 1 to 8).
///
/// @param mirrored whether left and right are swapped, after the turn is undone
/// @param swapped whether rows and columns are exchanged first
/// @param upended whether top and bottom are swapped, after the turn is undone
record ExifOrientation(boolean swapped, boolean mirrored, boolean upended) {
  private static final ExifOrientation UPRIGHT = of(1);
  private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);
  private static final int ORIENTATION_TAG = 0x0112;

  /// Returns the meaning of a tag value; unknown values mean upright.
  static ExifOrientation of(int tag) {
    return switch (tag) {
      case 2 -> new ExifOrientation(false, true, false);
      case 3 -> new ExifOrientation(false, true, true);
      case 4 -> new ExifOrientation(false, false, true);
      case 5 -> new ExifOrientation(true, false, false);
      case 6 -> new ExifOrientation(true, true, false);
      case 7 -> new ExifOrientation(true, true, true);
      case 8 -> new ExifOrientation(true, false, true);
      default -> new ExifOrientation(false, false, false);
    };
  }

  /// Reads the orientation of a JPEG file; one without a readable note is upright.
  static ExifOrientation of(Path jpeg) throws IOException {
    try (var in = new DataInputStream(Files.newInputStream(jpeg))) {
      if (in.readUnsignedShort() != 0xFFD8) {
        return UPRIGHT;
      }
      while (true) {
        int marker = in.readUnsignedShort();
        if (marker < 0xFFC0 || marker == 0xFFDA) {
          return UPRIGHT; // the picture itself begins
        }
        byte[] segment = in.readNBytes(in.readUnsignedShort() - 2);
        if (marker == 0xFFE1 && startsWithExif(segment)) {
          return of(
              tag(ByteBuffer.wrap(segment, EXIF.length, segment.length - EXIF.length).slice()));
        }
      }
    } catch (EOFException
        | BufferUnderflowException
        | IndexOutOfBoundsException
        | IllegalArgumentException _) {
      return UPRIGHT;
    }
  }

  private static boolean startsWithExif(byte[] segment) {
    return segment.length > EXIF.length
        && Arrays.equals(segment, 0, EXIF.length, EXIF, 0, EXIF.length);
  }

  private static int tag(ByteBuffer tiff) {
    tiff.order(tiff.getShort() == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    tiff.position(tiff.getInt(4));
    int entries = tiff.getShort() & 0xffff;
    for (int i = 0; i < entries; i++) {
      int name = tiff.getShort() & 0xffff;
      tiff.getShort(); // type
      tiff.getInt(); // count
      int value = tiff.getShort() & 0xffff;
      tiff.getShort(); // the other half of the value's field
      if (name == ORIENTATION_TAG) {
        return value;
      }
    }
    return 1;
  }

  /// Returns the picture as it was seen.
  Picture upright(Picture picture) {
    if (equals(UPRIGHT)) {
      return picture;
    }
    int width = swapped ? picture.height() : picture.width();
    int height = swapped ? picture.width() : picture.height();
    float[] turned = new float[3 * width * height];
    for (int i = 0; i < turned.length; i++) {
      int channel = i / (width * height);
      int y = i / width % height;
      int x = i % width;
      int row = upended ? height - 1 - y : y;
      int column = mirrored ? width - 1 - x : x;
      turned[i] = swapped ? picture.at(channel, column, row) : picture.at(channel, row, column);
    }
    return new Picture(width, height, turned);
  }
}
