package smalti.tensor.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipException;
import smalti.tensor.Tensor;
import smalti.tensor.io.torch.Malformed;
import smalti.tensor.io.torch.StoredTensor;
import smalti.tensor.io.torch.TorchArchive;

/// Reads what `torch.save` wrote: state dicts (`.pt`, `.bin`) and whole modules (`.pkl`), in the
/// zip container and in the older stream.
///
/// Nothing in a file is ever run. The pickle inside is read by a machine of our own that knows the
/// few classes that hold tensors, as dead data, and refuses all others by name. Tensors of nested
/// dicts, lists and modules get dotted names, as PyTorch's state dicts have them; what is no tensor
/// is left out. Strides and storage offsets are honoured.
public final class TorchFile implements TensorFile {
  /// How many first bytes [#begins] looks at.
  static final int MAGIC_BYTES = TorchArchive.MAGIC_BYTES;

  private final Path path;
  private final TorchArchive archive;

  private TorchFile(Path path, TorchArchive archive) {
    this.path = path;
    this.archive = archive;
  }

  /// Returns whether bytes are the first ones of such a file.
  static boolean begins(byte[] first) {
    return TorchArchive.begins(first);
  }

  /// Opens a file and lists its tensors.
  ///
  /// @throws IOException if it cannot be read, is damaged, or holds what is not allowed; the
  ///   message is one sentence that begins with the path
  public static TorchFile open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new IOException(
          path + (Files.exists(path) ? ": is not a file" : ": there is no such file"));
    }
    if (!Files.isReadable(path)) {
      throw new IOException(path + ": may not be read");
    }
    try {
      return new TorchFile(path, TorchArchive.open(path));
    } catch (Malformed | EOFException | ZipException e) {
      throw wrong(path, e);
    }
  }

  @Override
  public String format() {
    return archive.format();
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    archive
        .tensors()
        .forEach((name, t) -> entries.put(name, new Entry(t.kind().name(), t.shape())));
    return Collections.unmodifiableMap(entries);
  }

  @Override
  public Tensor read(String name) throws IOException {
    StoredTensor tensor = archive.tensors().get(name);
    if (tensor == null) {
      throw new IOException("%s: holds no tensor %s".formatted(path, name));
    }
    try {
      return archive.read(name, tensor);
    } catch (Malformed | EOFException | ZipException e) {
      throw wrong(path, e);
    }
  }

  private static IOException wrong(Path path, Exception e) {
    String what =
        switch (e) {
          case EOFException _ -> "the file is cut short";
          case ZipException _ -> "damaged: " + e.getMessage();
          default -> String.valueOf(e.getMessage());
        };
    return new IOException(path + ": " + what, e);
  }

  @Override
  public void close() throws IOException {
    archive.close();
  }
}
