package smalti.tensor.io.torch;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/// Is one of the two ways in which `torch.save` lays a pickle and its storages into a file.
sealed interface Container extends Closeable permits ZipContainer, StreamContainer {

  /// Returns what kind of file it is, in a few words.
  String format();

  /// Returns the pickled object and its storages, each of which was found to be in the file whole.
  Unpickler.Result content();

  /// Returns the bytes of a storage from a place on; they may be fewer than was said.
  InputStream open(String key, long from) throws IOException;
}
