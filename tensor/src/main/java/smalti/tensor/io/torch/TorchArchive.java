package smalti.tensor.io.torch;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import smalti.tensor.Layout;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.io.torch.Pickled.TensorRef;

/// Holds an open file of `torch.save`: the places of its tensors, all of them checked.
public final class TorchArchive implements Closeable {
  /// How many first bytes [#begins] looks at.
  public static final int MAGIC_BYTES = 14;

  private static final byte[] ZIP = {'P', 'K', 3, 4};

  /// Protocol 2, a number of 10 bytes, 0x1950a86a20f9469cfc6c.
  private static final byte[] STREAM = {
    (byte) 0x80,
    2,
    (byte) 0x8a,
    10,
    0x6c,
    (byte) 0xfc,
    (byte) 0x9c,
    0x46,
    (byte) 0xf9,
    0x20,
    0x6a,
    (byte) 0xa8,
    0x50,
    0x19
  };

  /// How many times larger than the file its tensors may be, written out in full: sharing and
  /// expanding make them so, within reason.
  private static final long MOST_TIMES = 8;

  private final Container container;
  private final Map<String, StoredTensor> tensors;

  private TorchArchive(Container container, Map<String, StoredTensor> tensors) {
    this.container = container;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /// Returns whether bytes are the first ones of such a file, in either container.
  public static boolean begins(byte[] first) {
    return startsWith(first, ZIP) || startsWith(first, STREAM);
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  /// Opens a file and finds its tensors.
  ///
  /// @throws Malformed if it is damaged, holds what is not allowed, or holds no tensors
  public static TorchArchive open(Path path) throws IOException, Malformed {
    byte[] first;
    try (InputStream in = Files.newInputStream(path)) {
      first = in.readNBytes(MAGIC_BYTES);
    }
    if (!begins(first)) {
      throw Malformed.of("is no file of torch.save");
    }
    Container container =
        startsWith(first, ZIP) ? ZipContainer.open(path) : StreamContainer.open(path);
    boolean opened = false;
    try {
      TorchArchive archive = new TorchArchive(container, tensors(container, Files.size(path)));
      opened = true;
      return archive;
    } finally {
      if (!opened) {
        container.close();
      }
    }
  }

  private static Map<String, StoredTensor> tensors(Container container, long size)
      throws Malformed {
    Map<String, StoredTensor> out = new LinkedHashMap<>();
    long bytes = 0;
    for (Map.Entry<String, TensorRef> e : TensorNames.of(container.content().value()).entrySet()) {
      StoredTensor tensor = StoredTensor.of(e.getKey(), e.getValue());
      bytes += tensor.bytes();
      if (bytes > MOST_TIMES * size) {
        throw Malformed.of(
            "refused: its tensors, written out in full, are more than %d times the file",
            MOST_TIMES);
      }
      out.put(e.getKey(), tensor);
    }
    return out;
  }

  /// Returns what kind of file it is, in a few words.
  public String format() {
    return container.format();
  }

  /// Returns the tensors by name, in the file's order.
  public Map<String, StoredTensor> tensors() {
    return tensors;
  }

  /// Loads a tensor, dense and row-major.
  ///
  /// @throws Malformed if the file ends within it, or an integer does not fit 32 bits
  public Tensor read(String name, StoredTensor t) throws IOException, Malformed {
    Storage span;
    if (t.span() == 0) {
      return Tensor.zeros(t.shape(), Numbers.dtype(t.kind()));
    }
    try (InputStream in = container.open(t.key(), t.first() * t.kind().bytes())) {
      span = Numbers.read(in, t.kind(), t.span(), name);
    }
    return new Tensor(span, Layout.strided(t.shape(), t.strides(), 0)).contiguous();
  }

  @Override
  public void close() throws IOException {
    container.close();
  }
}
