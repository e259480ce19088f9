package smalti.tensor.io;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import smalti.tensor.DType;
import smalti.tensor.Layout;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.io.SafeTensorsHeader.Entry;

/// Holds the content of a safetensors file: named tensors and free texts.
///
/// The format (<https://huggingface.co/docs/safetensors>) is the length of a header as 8 bytes, the
/// header as JSON, and the raw numbers of all tensors, little-endian and row-major. Files are
/// mapped and each tensor is copied once, into an array of its own.
///
/// @param tensors the tensors by name
/// @param metadata free texts by name, e.g. a config as JSON
public record SafeTensors(Map<String, Tensor> tensors, Map<String, String> metadata) {

  /// Makes the content of a file from copies of the maps.
  public SafeTensors {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  // ---- reading ----

  /// Reads and checks the header of a file, which lists the tensors without loading them.
  ///
  /// @throws IOException if the file cannot be read or is not a valid safetensors file
  public static SafeTensorsHeader header(Path path) throws IOException {
    return SafeTensorsHeader.read(path);
  }

  /// Reads a whole file; the tensors are in the order of their data. I64 becomes I32.
  ///
  /// @throws IOException if the file cannot be read, is not a valid safetensors file, or holds an
  ///   integer that does not fit I32
  public static SafeTensors read(Path path) throws IOException {
    SafeTensorsHeader header = header(path);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      for (String name : header.entries().keySet()) {
        tensors.put(name, load(path, channel, arena, header, name));
      }
    }
    return new SafeTensors(tensors, header.metadata());
  }

  /// Reads one tensor of a file, and no other.
  ///
  /// @throws IOException as [#read(Path)], or if there is no tensor of that name
  public static Tensor read(Path path, String name) throws IOException {
    SafeTensorsHeader header = header(path);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      return load(path, channel, arena, header, name);
    }
  }

  private static Tensor load(
      Path path, FileChannel channel, Arena arena, SafeTensorsHeader header, String name)
      throws IOException {
    Entry entry = header.entries().get(name);
    if (entry == null) {
      throw SafeTensorsHeader.wrong(path, "holds no tensor %s", name);
    }
    long start = header.dataStart() + entry.begin();
    long length = entry.end() - entry.begin();
    MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, start, length, arena);
    int n = entry.shape().elements();
    Storage storage =
        switch (entry.dtype()) {
          case "F32" -> new Storage.F32(bytes.toArray(FLOATS));
          case "F64" -> new Storage.F64(bytes.toArray(DOUBLES));
          case "F16" -> new Storage.F16(bytes.toArray(SHORTS));
          case "BF16" -> new Storage.BF16(bytes.toArray(SHORTS));
          case "I32" -> new Storage.I32(bytes.toArray(INTS));
          case "I64" -> new Storage.I32(narrowed(path, name, bytes, n));
          default -> throw new AssertionError(entry.dtype()); // the header was checked
        };
    return new Tensor(storage, Layout.contiguous(entry.shape()));
  }

  private static final ValueLayout.OfFloat FLOATS =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLES =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORTS =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INTS =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONGS =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static int[] narrowed(Path path, String name, MemorySegment bytes, int n)
      throws IOException {
    int[] out = new int[n];
    for (int i = 0; i < n; i++) {
      long value = bytes.getAtIndex(LONGS, i);
      out[i] = (int) value;
      if (out[i] != value) {
        throw SafeTensorsHeader.wrong(
            path, "tensor %s holds %d, which does not fit I32", name, value);
      }
    }
    return out;
  }

  // ---- writing ----

  /// Writes a file, replacing the one that was there in one step. The same content gives the same
  /// bytes: tensors stand by size of element, the largest first so that all are aligned, then by
  /// name.
  ///
  /// @throws IOException if the file cannot be written
  /// @throws IllegalArgumentException if a tensor is named `__metadata__`, or a text is no Unicode
  public void write(Path path) throws IOException {
    List<String> names = new ArrayList<>(tensors.keySet());
    names.sort(
        Comparator.comparingInt((String name) -> -tensor(name).dtype().bytes())
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
            writeNumbers(tensor(name).contiguous(), out);
          }
        });
  }

  private Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("safetensors: there is no tensor " + name);
    }
    return tensor;
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
      Tensor tensor = tensor(name);
      DType dtype = tensor.dtype();
      long end = begin + (long) tensor.elements() * dtype.bytes();
      String shape = tensor.shape().toString().replace(" ", "");
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
