package smalti.tensor.io.torch;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.tensor.io.torch.Pickled.Items;
import smalti.tensor.io.torch.Pickled.Table;
import smalti.tensor.io.torch.Pickled.TensorRef;
import smalti.tensor.io.torch.Pickled.Thing;

/// Finds the tensors in a pickled value and names them as PyTorch's state dicts do: by the keys of
/// dicts, the places of lists, and within modules by parameters, buffers and child modules.
final class TensorNames {
  private static final int DEEPEST = 64;
  private static final int LONGEST_NAME = 1000;
  private static final int MOST_VISITS = 1_000_000;

  private final Map<String, TensorRef> tensors = new LinkedHashMap<>();
  private int visits;

  private TensorNames() {}

  static Map<String, TensorRef> of(@Nullable Object root) throws Malformed {
    TensorNames names = new TensorNames();
    names.visit("", root, 0);
    if (names.tensors.isEmpty()) {
      throw Malformed.of("it holds no tensors");
    }
    return names.tensors;
  }

  private void visit(String name, @Nullable Object value, int depth) throws Malformed {
    if (depth > DEEPEST) {
      throw Malformed.of("its values are nested more than %d deep, or hold themselves", DEEPEST);
    }
    if (++visits > MOST_VISITS) {
      throw Malformed.of("it holds more than %d values, or repeats some endlessly", MOST_VISITS);
    }
    switch (value) {
      case TensorRef tensor -> {
        String key = name.isEmpty() ? "tensor" : name;
        if (tensors.put(key, tensor) != null) {
          throw Malformed.of("two tensors are named %s", key);
        }
      }
      case Table table -> {
        for (Map.Entry<Object, @Nullable Object> e : table.values.entrySet()) {
          visit(join(name, e.getKey()), e.getValue(), depth + 1);
        }
      }
      case Items items -> {
        for (int i = 0; i < items.values.size(); i++) {
          visit(join(name, i), items.values.get(i), depth + 1);
        }
      }
      case Thing thing when thing.state != null -> {
        part(name, thing.state, "_parameters", depth);
        part(name, thing.state, "_buffers", depth);
        part(name, thing.state, "_modules", depth);
      }
      case null, default -> {} // numbers, texts and the like
    }
  }

  private void part(String name, Table state, String field, int depth) throws Malformed {
    if (state.values.get(field) instanceof Table part) {
      visit(name, part, depth + 1);
    }
  }

  private static String join(String prefix, Object key) throws Malformed {
    String last = key instanceof Pickled ? "?" : String.valueOf(key);
    if (prefix.length() + last.length() >= LONGEST_NAME) {
      throw Malformed.of("it holds a name longer than %d characters", LONGEST_NAME);
    }
    return prefix.isEmpty() ? last : prefix + "." + last;
  }
}
