package smalti.tensor.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.io.HeaderJson.JsonException;
import smalti.tensor.io.HeaderJson.Value;

/// Lists what a safetensors file holds. A header that could be read is valid: every byte of the
/// file's data belongs to one tensor.
///
/// @param entries the tensors by name, in the order of their data
/// @param metadata free texts that the file carries
/// @param dataStart where the data begins, in bytes from the start of the file
public record SafeTensorsHeader(
    Map<String, Entry> entries, Map<String, String> metadata, long dataStart) {
  /// The longest header that the format allows.
  private static final long LONGEST = 100_000_000;

  static final String METADATA = "__metadata__";

  /// Makes a header of unmodifiable maps.
  public SafeTensorsHeader {
    entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /// Describes one tensor.
  ///
  /// @param dtype the dtype's name in the file: `F32`, `F64`, `F16`, `BF16`, `I32` or `I64`
  /// @param shape the shape
  /// @param begin where its bytes begin, counted from the start of the data
  /// @param end where they end, exclusive
  public record Entry(String dtype, Shape shape, long begin, long end) {}

  /// Returns the number of bytes of an element of a dtype, or 0 if the dtype is not known.
  static int bytes(String dtype) {
    return switch (dtype) {
      case "F64", "I64" -> 8;
      case "F32", "I32" -> 4;
      case "F16", "BF16" -> 2;
      default -> 0;
    };
  }

  /// Reads and checks the header of a file.
  ///
  /// @throws IOException if the file cannot be read or is not a valid safetensors file
  public static SafeTensorsHeader read(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new IOException(path + ": there is no such file");
    }
    if (Files.isDirectory(path)) {
      throw new IOException(path + ": is a folder, not a safetensors file");
    }
    if (!Files.isReadable(path)) {
      throw new IOException(path + ": may not be read");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return read(path, channel);
    }
  }

  static SafeTensorsHeader read(Path path, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < Long.BYTES) {
      throw wrong(path, "not a safetensors file: it has only %d bytes", size);
    }
    ByteBuffer first = bytes(channel, 0, Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long length = first.getLong(0);
    if (length < 2 || length > LONGEST) {
      throw wrong(
          path,
          "not a safetensors file: its first 8 bytes say that the header has %s bytes",
          Long.toUnsignedString(length));
    }
    long dataStart = Long.BYTES + length;
    if (dataStart > size) {
      throw wrong(
          path,
          "the file is cut short: a header of %d bytes is announced, %d follow",
          length,
          size - Long.BYTES);
    }
    try {
      ByteBuffer utf8 = bytes(channel, Long.BYTES, (int) length);
      String text = StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
      if (HeaderJson.parse(text) instanceof Value.Dictionary(Map<String, Value> fields)) {
        return new Reader(path, size - dataStart).header(fields, dataStart);
      }
      throw wrong(path, "the header is not a JSON object");
    } catch (CharacterCodingException e) {
      throw wrong(path, "the header is not valid UTF-8");
    } catch (JsonException e) {
      throw wrong(path, "the header is not valid JSON %s", String.valueOf(e.getMessage()));
    }
  }

  private static ByteBuffer bytes(FileChannel channel, long start, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining() && channel.read(buffer, start + buffer.position()) >= 0) {
      // reads on
    }
    return buffer.flip();
  }

  static IOException wrong(Path path, String format, Object... arguments) {
    return new IOException(path + ": " + String.format(Locale.ROOT, format, arguments));
  }

  /// Turns JSON into entries and checks them against each other.
  private record Reader(Path path, long dataBytes) {

    SafeTensorsHeader header(Map<String, Value> fields, long dataStart) throws IOException {
      Map<String, String> metadata = new LinkedHashMap<>();
      List<Map.Entry<String, Entry>> entries = new ArrayList<>();
      for (Map.Entry<String, Value> field : fields.entrySet()) {
        if (field.getKey().equals(METADATA)) {
          metadata = metadata(field.getValue());
        } else {
          entries.add(Map.entry(field.getKey(), entry(field.getKey(), field.getValue())));
        }
      }
      entries.sort(
          Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
              .thenComparingLong(e -> e.getValue().end()));
      Map<String, Entry> ordered = new LinkedHashMap<>();
      long expected = 0;
      for (Map.Entry<String, Entry> e : entries) {
        Entry entry = e.getValue();
        if (entry.begin() < expected) {
          throw wrong(
              path,
              "the bytes [%d, %d) of tensor %s overlap those of another",
              entry.begin(),
              entry.end(),
              e.getKey());
        }
        requireNoHole(expected, entry.begin());
        expected = entry.end();
        ordered.put(e.getKey(), entry);
      }
      requireNoHole(expected, dataBytes);
      return new SafeTensorsHeader(ordered, metadata, dataStart);
    }

    private void requireNoHole(long expected, long next) throws IOException {
      if (next > expected) {
        throw wrong(path, "the bytes [%d, %d) of the data belong to no tensor", expected, next);
      }
    }

    private Map<String, String> metadata(Value value) throws IOException {
      Map<String, String> metadata = new LinkedHashMap<>();
      if (!(value instanceof Value.Dictionary(Map<String, Value> fields))) {
        throw wrong(path, "%s must be an object of strings", METADATA);
      }
      for (Map.Entry<String, Value> field : fields.entrySet()) {
        if (!(field.getValue() instanceof Value.Text(String text))) {
          throw wrong(path, "%s: %s must be a string", METADATA, field.getKey());
        }
        metadata.put(field.getKey(), text);
      }
      return metadata;
    }

    private Entry entry(String name, Value value) throws IOException {
      if (!(value instanceof Value.Dictionary(Map<String, Value> fields))
          || fields.size() != 3
          || !(fields.get("dtype") instanceof Value.Text(String dtype))) {
        throw wrong(path, "tensor %s must have a dtype, a shape and data_offsets", name);
      }
      long[] sizes = wholes(name, "shape", fields.get("shape"));
      long[] offsets = wholes(name, "data_offsets", fields.get("data_offsets"));
      if (bytes(dtype) == 0) {
        throw wrong(path, "tensor %s has the unknown dtype %s", name, dtype);
      }
      Shape shape = shape(name, sizes);
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw wrong(path, "tensor %s: data_offsets must be a begin and an end after it", name);
      }
      Entry entry = new Entry(dtype, shape, offsets[0], offsets[1]);
      long needed = (long) shape.elements() * bytes(dtype);
      if (entry.end() - entry.begin() != needed) {
        throw wrong(
            path,
            "tensor %s: %s of shape %s needs %d bytes; its data_offsets give %d",
            name,
            dtype,
            shape,
            needed,
            entry.end() - entry.begin());
      }
      if (entry.end() > dataBytes) {
        throw wrong(
            path,
            "the file is cut short: tensor %s ends at byte %d of the data, which has %d",
            name,
            entry.end(),
            dataBytes);
      }
      return entry;
    }

    private long[] wholes(String name, String field, @Nullable Value value) throws IOException {
      if (value instanceof Value.Array(List<Value> values)) {
        long[] out = new long[values.size()];
        for (int i = 0; i < out.length; i++) {
          if (!(values.get(i) instanceof Value.Whole(long whole))) {
            throw wrong(path, "tensor %s: %s must hold integers only", name, field);
          }
          out[i] = whole;
        }
        return out;
      }
      throw wrong(path, "tensor %s: %s must be an array of integers", name, field);
    }

    private Shape shape(String name, long[] sizes) throws IOException {
      int[] out = new int[sizes.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = (int) Math.min(sizes[i], Integer.MAX_VALUE);
      }
      try {
        return Shape.of(out);
      } catch (ShapeException e) {
        throw wrong(path, "tensor %s is too large: %s", name, String.valueOf(e.getMessage()));
      }
    }
  }
}
