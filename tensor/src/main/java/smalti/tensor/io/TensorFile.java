package smalti.tensor.io;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Is a file of named tensors that is listed first and loaded tensor by tensor: safetensors, or
/// what `torch.save` wrote.
public interface TensorFile extends Closeable {

  /// Describes one tensor.
  ///
  /// @param dtype the dtype's name in the file as safetensors spell it, e.g. `F32` or `I64`
  /// @param shape the shape
  record Entry(String dtype, Shape shape) {}

  /// Opens a file, whose first bytes say what it is.
  ///
  /// @throws IOException if it cannot be read, is neither kind of file, or is damaged
  static TensorFile open(Path path) throws IOException {
    if (Files.isRegularFile(path) && Files.isReadable(path)) {
      byte[] first;
      try (InputStream in = Files.newInputStream(path)) {
        first = in.readNBytes(TorchFile.MAGIC_BYTES);
      }
      if (TorchFile.begins(first)) {
        return TorchFile.open(path);
      }
      if (isPickle(first)) {
        throw new IOException(
            path
                + ": refused: it is a pickle, but none that torch.save wrote; nothing of it was run");
      }
    }
    return SafeTensors.open(path);
  }

  /// Returns whether bytes begin as a pickle of protocol 2 or later. Those of safetensors are a
  /// length, whose last byte is 0.
  private static boolean isPickle(byte[] first) {
    return first.length >= Long.BYTES
        && first[0] == (byte) 0x80
        && first[1] >= 2
        && first[1] <= 5
        && first[Long.BYTES - 1] != 0;
  }

  /// Returns what kind of file it is, in a few words.
  String format();

  /// Returns the tensors by name, in the file's order.
  Map<String, Entry> entries();

  /// Loads one tensor, dense and row-major. Integers of other widths, and booleans, become I32.
  ///
  /// @throws IOException if there is none of that name, the file cannot be read, or an integer does
  ///   not fit I32
  Tensor read(String name) throws IOException;
}
