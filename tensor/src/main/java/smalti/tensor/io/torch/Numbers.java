package smalti.tensor.io.torch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import smalti.tensor.DType;
import smalti.tensor.Storage;

/// Reads little-endian numbers into storages. Integers of all widths, and booleans, become I32.
final class Numbers {
  private static final int CHUNK = 1 << 13;

  private Numbers() {}

  /// Returns the dtype that numbers of a kind have once they are read.
  static DType dtype(Kind kind) {
    return switch (kind) {
      case F64 -> DType.F64;
      case F32 -> DType.F32;
      case F16 -> DType.F16;
      case BF16 -> DType.BF16;
      case I64, I32, I16, I8, U8, BOOL -> DType.I32;
    };
  }

  static Storage read(InputStream in, Kind kind, int n, String name) throws IOException, Malformed {
    Storage out = Storage.allocate(dtype(kind), n);
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK * kind.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    int count;
    for (int done = 0; done < n; done += count) {
      count = Math.min(CHUNK, n - done);
      if (in.readNBytes(buffer.array(), 0, count * kind.bytes()) < count * kind.bytes()) {
        throw Malformed.of("the file is cut short: tensor %s is not whole", name);
      }
      switch (out) {
        case Storage.F32(float[] a) -> buffer.asFloatBuffer().get(a, done, count);
        case Storage.F64(double[] a) -> buffer.asDoubleBuffer().get(a, done, count);
        case Storage.F16(short[] a) -> buffer.asShortBuffer().get(a, done, count);
        case Storage.BF16(short[] a) -> buffer.asShortBuffer().get(a, done, count);
        case Storage.I32(int[] a) -> integers(buffer, kind, a, done, count, name);
        case Storage.DeviceStorage s -> throw new AssertionError(s);
      }
    }
    return out;
  }

  private static void integers(
      ByteBuffer in, Kind kind, int[] out, int from, int count, String name) throws Malformed {
    for (int i = 0; i < count; i++) {
      long value =
          switch (kind) {
            case I64 -> in.getLong(i * Long.BYTES);
            case I32 -> in.getInt(i * Integer.BYTES);
            case I16 -> in.getShort(i * Short.BYTES);
            case I8 -> in.get(i);
            case U8, BOOL -> Byte.toUnsignedInt(in.get(i));
            case F64, F32, F16, BF16 -> throw new AssertionError(kind);
          };
      out[from + i] = (int) value;
      if (out[from + i] != value) {
        throw Malformed.of("tensor %s holds %d, which does not fit I32", name, value);
      }
    }
  }
}
