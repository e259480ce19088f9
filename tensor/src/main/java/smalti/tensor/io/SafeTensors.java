package smalti.tensor.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
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

  /// Opens a file to load tensors one by one.
  ///
  /// @throws IOException if the file cannot be read or is not a valid safetensors file
  public static TensorFile open(Path path) throws IOException {
    return new Listed(path, header(path));
  }

  private record Listed(Path path, SafeTensorsHeader header) implements TensorFile {
    @Override
    public String format() {
      return "safetensors";
    }

    @Override
    public Map<String, TensorFile.Entry> entries() {
      Map<String, TensorFile.Entry> out = new LinkedHashMap<>();
      header
          .entries()
          .forEach((name, e) -> out.put(name, new TensorFile.Entry(e.dtype(), e.shape())));
      return out;
    }

    @Override
    public Tensor read(String name) throws IOException {
      return SafeTensors.read(path, name, header);
    }

    @Override
    public void close() {} // each read opens the file by itself
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
    return read(path, name, header(path));
  }

  private static Tensor read(Path path, String name, SafeTensorsHeader header) throws IOException {
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
    Map<String, SafeTensorsWriter.Head> heads = new LinkedHashMap<>();
    tensors.forEach((name, t) -> heads.put(name, new SafeTensorsWriter.Head(t.dtype(), t.shape())));
    new SafeTensorsWriter(heads, metadata)
        .write(path, name -> Objects.requireNonNull(tensors.get(name)));
  }

  /// Writes the tensors of another file as safetensors, one after the other, so that never more
  /// than one is in memory. Integers of other widths, and booleans, become I32.
  ///
  /// @throws IOException if a file cannot be read or written, or an integer does not fit I32; the
  ///   target is then as before
  public static void convert(TensorFile from, Path path) throws IOException {
    Map<String, SafeTensorsWriter.Head> heads = new LinkedHashMap<>();
    from.entries()
        .forEach(
            (name, e) -> heads.put(name, new SafeTensorsWriter.Head(loaded(e.dtype()), e.shape())));
    new SafeTensorsWriter(heads, Map.of()).write(path, from::read);
  }

  /// Returns the dtype that a tensor of a file has when it is loaded.
  private static DType loaded(String dtype) {
    return switch (dtype) {
      case "F64" -> DType.F64;
      case "F32" -> DType.F32;
      case "F16" -> DType.F16;
      case "BF16" -> DType.BF16;
      default -> DType.I32;
    };
  }
}
