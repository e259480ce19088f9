package smalti.tensor.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import smalti.tensor.DType;
import smalti.tensor.Shape;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Writes a safetensors file from heads that are known at once and numbers that come one tensor
/// after the other.
///
/// @param heads what the header says of each tensor
/// @param metadata free texts by name
record SafeTensorsWriter(Map<String, Head> heads, Map<String, String> metadata) {

  /// Describes a tensor to come.
  record Head(DType dtype, Shape shape) {}

  /// Gives the numbers of a tensor when it is its turn.
  @FunctionalInterface
  interface Source {
    Tensor get(String name) throws IOException;
  }

  void write(Path path, Source source) throws IOException {
    List<String> names = new ArrayList<>(heads.keySet());
    names.sort(
        Comparator.comparingInt((String name) -> -head(name).dtype().bytes())
            .thenComparing(Comparator.naturalOrder()));
    byte[] header = utf8(headerText(names));
    byte[] length =
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array();
    AtomicFile.write(
        path,
        out -> {
          out.write(length);
          out.write(header);
          for (String name : names) {
            writeNumbers(source.get(name).contiguous(), out);
          }
        });
  }

  private Head head(String name) {
    return Objects.requireNonNull(heads.get(name));
  }

  private String headerText(List<String> names) {
    List<String> fields = new ArrayList<>();
    if (!metadata.isEmpty()) {
      List<String> texts = new ArrayList<>();
      new TreeMap<>(metadata)
          .forEach(
              (key, text) -> texts.add(HeaderJson.quoted(key) + ":" + HeaderJson.quoted(text)));
      fields.add("\"" + SafeTensorsHeader.METADATA + "\":{" + String.join(",", texts) + "}");
    }
    long begin = 0;
    for (String name : names) {
      if (name.equals(SafeTensorsHeader.METADATA)) {
        throw new IllegalArgumentException("safetensors: no tensor may be named " + name);
      }
      DType dtype = head(name).dtype();
      long end = begin + (long) head(name).shape().elements() * dtype.bytes();
      String shape = head(name).shape().toString().replace(" ", "");
      fields.add(
          "%s:{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%s,%s]}"
              .formatted(HeaderJson.quoted(name), dtype, shape, begin, end));
      begin = end;
    }
    return "{" + String.join(",", fields) + "}";
  }

  /// Returns UTF-8 filled up with spaces, so that the data begins at a multiple of 8.
  private static byte[] utf8(String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      int length = bytes.remaining();
      byte[] out = new byte[(length + 7) / 8 * 8];
      Arrays.fill(out, (byte) ' ');
      bytes.get(out, 0, length);
      return out;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("safetensors: a name or text is not valid Unicode", e);
    }
  }

  private static void writeNumbers(Tensor t, OutputStream out) throws IOException {
    int start = t.layout().offset();
    int chunk = 1 << 13;
    ByteBuffer buffer =
        ByteBuffer.allocate(chunk * t.dtype().bytes()).order(ByteOrder.LITTLE_ENDIAN);
    int n;
    for (int done = 0; done < t.elements(); done += n) {
      n = Math.min(chunk, t.elements() - done);
      switch (t.storage()) {
        case Storage.F32(float[] a) -> buffer.asFloatBuffer().put(a, start + done, n);
        case Storage.F64(double[] a) -> buffer.asDoubleBuffer().put(a, start + done, n);
        case Storage.I32(int[] a) -> buffer.asIntBuffer().put(a, start + done, n);
        case Storage.F16(short[] a) -> buffer.asShortBuffer().put(a, start + done, n);
        case Storage.BF16(short[] a) -> buffer.asShortBuffer().put(a, start + done, n);
        case Storage.DeviceStorage s -> buffer.asFloatBuffer().put(s.floats(start + done, n));
      }
      out.write(buffer.array(), 0, n * t.dtype().bytes());
    }
  }
}
