package smalti.tensor.io.torch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/// Reads a pickle's bytes and counts them, so that no length which the file claims is believed
/// beyond what the file can hold.
final class PickleInput {
  /// The longest pickle that is read; those of the largest models have a few MiB.
  private static final long LONGEST_PICKLE = 64L << 20;

  private static final int LONGEST_NAME = 500;

  private final InputStream in;
  private final long size;
  private long position;
  private long limit;

  /// Reads from a stream.
  ///
  /// @param size how many bytes the stream has
  PickleInput(InputStream in, long size) {
    this.in = in;
    this.size = size;
    this.limit = LONGEST_PICKLE;
  }

  /// Returns the number of bytes read so far.
  long position() {
    return position;
  }

  /// Begins another pickle of the same stream.
  void next() {
    limit = position + LONGEST_PICKLE;
  }

  private void claim(long n) throws Malformed {
    if (n < 0 || n > size - position) {
      throw Malformed.of("the file is cut short: its pickle ends within a value");
    }
    if (n > limit - position) {
      throw Malformed.of("its pickle is longer than %d MiB", LONGEST_PICKLE >> 20);
    }
    position += n;
  }

  int u1() throws IOException, Malformed {
    claim(1);
    return got(in.read());
  }

  private static int got(int read) throws Malformed {
    if (read < 0) {
      throw Malformed.of("the file is cut short: its pickle ends within a value");
    }
    return read;
  }

  int u2() throws IOException, Malformed {
    return u1() | u1() << 8;
  }

  int i4() throws IOException, Malformed {
    return u2() | u2() << 16;
  }

  long i8() throws IOException, Malformed {
    return Integer.toUnsignedLong(i4()) | (long) i4() << 32;
  }

  /// Reads big-endian 8 bytes, as pickles write doubles.
  double f8() throws IOException, Malformed {
    return Double.longBitsToDouble(Long.reverseBytes(i8()));
  }

  byte[] bytes(long n) throws IOException, Malformed {
    claim(n);
    byte[] bytes = in.readNBytes((int) n);
    if (bytes.length < n) {
      throw Malformed.of("the file is cut short: its pickle ends within a value");
    }
    return bytes;
  }

  String text(long n) throws IOException, Malformed {
    return new String(bytes(n), StandardCharsets.UTF_8);
  }

  /// Reads up to a line feed.
  String line() throws IOException, Malformed {
    StringBuilder line = new StringBuilder();
    for (int b = u1(); b != '\n'; b = u1()) {
      line.append((char) b);
      if (line.length() > LONGEST_NAME) {
        throw Malformed.of("its pickle holds a name longer than %d bytes", LONGEST_NAME);
      }
    }
    return line.toString();
  }
}
