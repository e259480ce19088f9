package smalti.tensor.io.torch;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import smalti.tensor.io.torch.Pickled.StorageRef;

/// Is the container of PyTorch 1.6 and later: a zip file with `NAME/data.pkl` and one entry
/// `NAME/data/KEY` for each storage, none of them compressed.
final class ZipContainer implements Container {
  private static final String PICKLE = "/data.pkl";

  private final ZipFile zip;
  private final String folder;
  private final Unpickler.Result content;

  private ZipContainer(ZipFile zip, String folder, Unpickler.Result content) {
    this.zip = zip;
    this.folder = folder;
    this.content = content;
  }

  static ZipContainer open(Path path) throws IOException, Malformed {
    ZipFile zip;
    try {
      zip = new ZipFile(path.toFile());
    } catch (ZipException e) {
      throw Malformed.of("damaged or cut short: its zip directory cannot be read");
    }
    boolean opened = false;
    try {
      ZipContainer container = open(zip, Files.size(path));
      opened = true;
      return container;
    } catch (ZipException e) {
      throw Malformed.of("damaged: %s", String.valueOf(e.getMessage()));
    } finally {
      if (!opened) {
        zip.close();
      }
    }
  }

  private static ZipContainer open(ZipFile zip, long size) throws IOException, Malformed {
    String folder = folder(zip, size);
    ZipEntry script = zip.getEntry(folder + "/constants.pkl");
    if (script != null) {
      throw Malformed.of("is a TorchScript program, not tensors; save its state_dict() instead");
    }
    requireLittleEndian(zip, folder);
    ZipEntry pickle = entry(zip, folder + PICKLE);
    Unpickler.Result content;
    try (InputStream in = zip.getInputStream(pickle)) {
      byte[] bytes = in.readNBytes((int) Math.min(pickle.getSize(), Integer.MAX_VALUE - 8));
      content = Unpickler.read(new PickleInput(new ByteArrayInputStream(bytes), bytes.length));
    }
    for (StorageRef storage : content.storages().values()) {
      long has = entry(zip, folder + "/data/" + storage.key()).getSize();
      if (has / storage.kind().bytes() < storage.length()) {
        throw Malformed.of(
            "storage %s should hold %d numbers of %s, but has %d bytes",
            storage.key(), storage.length(), storage.kind(), has);
      }
    }
    return new ZipContainer(zip, folder, content);
  }

  /// Finds the one folder with a pickle, and checks the directory: no name twice, nothing
  /// compressed, and no more bytes than the file has, as entries that overlap would have.
  private static String folder(ZipFile zip, long size) throws Malformed {
    Set<String> names = new HashSet<>();
    String folder = null;
    long sum = 0;
    for (ZipEntry entry : Collections.list(zip.entries())) {
      String name = entry.getName();
      if (!names.add(name)) {
        throw Malformed.of("refused: its zip directory lists %s twice", name);
      }
      if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
        throw Malformed.of("refused: its entry %s is compressed, as torch.save never does", name);
      }
      if (entry.getSize() < 0 || entry.getSize() > size - sum) {
        throw Malformed.of("refused: its zip directory lists more bytes than the file has");
      }
      sum += entry.getSize();
      if (name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length()) {
        if (folder != null) {
          throw Malformed.of("refused: it holds two files data.pkl");
        }
        folder = name.substring(0, name.length() - PICKLE.length());
      }
    }
    if (folder == null) {
      throw Malformed.of("is a zip file without a data.pkl, not one of torch.save");
    }
    return folder;
  }

  private static void requireLittleEndian(ZipFile zip, String folder)
      throws IOException, Malformed {
    ZipEntry order = zip.getEntry(folder + "/byteorder");
    if (order == null) {
      return; // files of PyTorch before 2.1 do not say
    }
    try (InputStream in = zip.getInputStream(order)) {
      String text = new String(in.readNBytes(16), StandardCharsets.US_ASCII);
      if (!text.equals("little")) {
        throw Malformed.of("its numbers are in the byte order %s; only little is read", text);
      }
    }
  }

  private static ZipEntry entry(ZipFile zip, String name) throws Malformed {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw Malformed.of("its entry %s is missing", name);
    }
    return entry;
  }

  @Override
  public String format() {
    return "torch zip";
  }

  @Override
  public Unpickler.Result content() {
    return content;
  }

  @Override
  public InputStream open(String key, long from) throws IOException {
    InputStream in = zip.getInputStream(zip.getEntry(folder + "/data/" + key));
    in.skipNBytes(from);
    return in;
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
