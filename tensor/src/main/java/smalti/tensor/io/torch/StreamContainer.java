package smalti.tensor.io.torch;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import smalti.tensor.io.torch.Pickled.Items;
import smalti.tensor.io.torch.Pickled.StorageRef;
import smalti.tensor.io.torch.Pickled.Table;

/// Is the older container: five pickles one after the other (a magic number, a version, the
/// writer's system, the object, the keys of its storages), then for each key the number of elements
/// as 8 bytes and the numbers.
final class StreamContainer implements Container {
  private static final long VERSION = 1001;

  private final FileChannel channel;
  private final Unpickler.Result content;
  private final Map<String, Long> starts;

  private StreamContainer(FileChannel channel, Unpickler.Result content, Map<String, Long> starts) {
    this.channel = channel;
    this.content = content;
    this.starts = starts;
  }

  static StreamContainer open(Path path) throws IOException, Malformed {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    boolean opened = false;
    try {
      StreamContainer container = open(channel);
      opened = true;
      return container;
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  private static StreamContainer open(FileChannel channel) throws IOException, Malformed {
    PickleInput in =
        new PickleInput(
            new BufferedInputStream(Channels.newInputStream(channel), 1 << 16), channel.size());
    Unpickler.read(in); // the magic number, which brought us here
    Object version = Unpickler.read(in).value();
    if (!Objects.equals(version, VERSION)) {
      throw Malformed.of("its container has a version other than %d", VERSION);
    }
    if (Unpickler.read(in).value() instanceof Table system
        && Boolean.FALSE.equals(system.values.get("little_endian"))) {
      throw Malformed.of("its numbers are in the byte order big; only little is read");
    }
    Unpickler.Result content = Unpickler.read(in);
    Object keys = Unpickler.read(in).value();
    return new StreamContainer(channel, content, starts(channel, in.position(), content, keys));
  }

  /// Returns where the numbers of each storage begin.
  private static Map<String, Long> starts(
      FileChannel channel, long begin, Unpickler.Result content, @Nullable Object keys)
      throws IOException, Malformed {
    if (!(keys instanceof Items items)) {
      throw Malformed.of("damaged: the list of its storages is missing");
    }
    Map<String, Long> starts = new HashMap<>();
    long at = begin;
    for (Object key : items.values) {
      StorageRef storage = key instanceof String ? content.storages().get(key) : null;
      if (storage == null) {
        throw Malformed.of("damaged: it lists a storage that its pickle does not describe");
      }
      long length = length(channel, at, storage);
      at += Long.BYTES;
      if (length > (channel.size() - at) / storage.kind().bytes()) {
        throw Malformed.of(
            "the file is cut short: storage %s should hold %d numbers of %s",
            storage.key(), length, storage.kind());
      }
      starts.put(storage.key(), at);
      at += length * storage.kind().bytes();
    }
    for (String key : content.storages().keySet()) {
      if (!starts.containsKey(key)) {
        throw Malformed.of("damaged: storage %s is not in it", key);
      }
    }
    return starts;
  }

  private static long length(FileChannel channel, long at, StorageRef storage)
      throws IOException, Malformed {
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) >= 0) {
      // reads on
    }
    if (buffer.hasRemaining()) {
      throw Malformed.of("the file is cut short: storage %s is missing", storage.key());
    }
    long length = buffer.getLong(0);
    if (length != storage.length()) {
      throw Malformed.of(
          "damaged: storage %s has %d numbers, its pickle says %d",
          storage.key(), length, storage.length());
    }
    return length;
  }

  @Override
  public String format() {
    return "torch stream";
  }

  @Override
  public Unpickler.Result content() {
    return content;
  }

  @Override
  public InputStream open(String key, long from) throws IOException {
    channel.position(Objects.requireNonNull(starts.get(key)) + from);
    return new FilterInputStream(Channels.newInputStream(channel)) {
      @Override
      public void close() {} // the channel stays open for other tensors
    };
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
