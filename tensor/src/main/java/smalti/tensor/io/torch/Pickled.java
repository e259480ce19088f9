package smalti.tensor.io.torch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Is a value that a pickle holds, as dead data. `None`, booleans, numbers and texts are Java's own
/// (null, `Boolean`, `Long`, `Double`, `String`); the rest is one of these.
///
/// All but records are compared by identity, so that no chain of them is ever walked by `equals` or
/// `hashCode`.
sealed interface Pickled {

  /// A class or function, known by name only.
  record Global(String name) implements Pickled {}

  /// Bytes, or an integer of more than 64 bits: kept only as something that was there.
  final class Opaque implements Pickled {}

  /// A list, tuple or set.
  final class Items implements Pickled {
    final List<@Nullable Object> values = new ArrayList<>();
  }

  /// A dict, ordered or not.
  final class Table implements Pickled {
    final Map<Object, @Nullable Object> values = new LinkedHashMap<>();
  }

  /// An object of an allowed class, with the state it was given.
  final class Thing implements Pickled {
    final String className;
    @Nullable Table state;

    Thing(String className) {
      this.className = className;
    }
  }

  /// A storage, whose numbers lie elsewhere in the file.
  ///
  /// @param length number of elements
  /// @param offset where it begins within the numbers of `key`, in elements
  record StorageRef(Kind kind, String key, long length, long offset) implements Pickled {}

  /// A tensor: a storage seen through offset, sizes and strides, none of them checked yet.
  final class TensorRef implements Pickled {
    final StorageRef storage;
    final long offset;
    final long[] sizes;
    final long[] strides;

    TensorRef(StorageRef storage, long offset, long[] sizes, long[] strides) {
      this.storage = storage;
      this.offset = offset;
      this.sizes = sizes;
      this.strides = strides;
    }
  }
}
