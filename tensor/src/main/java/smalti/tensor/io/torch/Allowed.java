package smalti.tensor.io.torch;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import smalti.tensor.io.torch.Pickled.Global;
import smalti.tensor.io.torch.Pickled.Items;
import smalti.tensor.io.torch.Pickled.Opaque;
import smalti.tensor.io.torch.Pickled.StorageRef;
import smalti.tensor.io.torch.Pickled.Table;
import smalti.tensor.io.torch.Pickled.TensorRef;
import smalti.tensor.io.torch.Pickled.Thing;

/// Is the whitelist: every class and function that a pickle may name, and what it means here. None
/// is loaded or called; a "call" makes one of a few dead values.
final class Allowed {
  private static final String TENSOR = "torch._utils._rebuild_tensor";
  private static final String TENSOR_V2 = "torch._utils._rebuild_tensor_v2";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final String PARAMETER_STATE = "torch._utils._rebuild_parameter_with_state";
  private static final String DICT = "collections.OrderedDict";

  private static final Map<String, Kind> STORAGES =
      Map.of(
          "DoubleStorage", Kind.F64,
          "FloatStorage", Kind.F32,
          "HalfStorage", Kind.F16,
          "BFloat16Storage", Kind.BF16,
          "LongStorage", Kind.I64,
          "IntStorage", Kind.I32,
          "ShortStorage", Kind.I16,
          "CharStorage", Kind.I8,
          "ByteStorage", Kind.U8,
          "BoolStorage", Kind.BOOL);

  /// Functions that are understood.
  private static final Set<String> FUNCTIONS =
      Set.of(TENSOR, TENSOR_V2, PARAMETER, PARAMETER_STATE, DICT);

  /// Values that say nothing about tensors: devices, dtypes, sets of names, sizes.
  private static final Set<String> SILENT =
      Set.of(
          "torch.device",
          "torch.Size",
          "torch.float64",
          "torch.float32",
          "torch.float16",
          "torch.bfloat16",
          "torch.int64",
          "torch.int32",
          "builtins.set",
          "__builtin__.set");

  /// Modules, whose fields hold parameters and other modules.
  private static final Set<String> MODULES =
      Stream.concat(
              Stream.of(
                  "dall_e.encoder.Encoder",
                  "dall_e.encoder.EncoderBlock",
                  "dall_e.decoder.Decoder",
                  "dall_e.decoder.DecoderBlock",
                  "dall_e.utils.Conv2d"),
              Stream.of(
                      "module.Module",
                      "container.Sequential",
                      "container.ModuleList",
                      "container.ModuleDict",
                      "container.ParameterList",
                      "container.ParameterDict",
                      "linear.Identity",
                      "linear.Linear",
                      "conv.Conv1d",
                      "conv.Conv2d",
                      "conv.ConvTranspose2d",
                      "sparse.Embedding",
                      "normalization.LayerNorm",
                      "normalization.GroupNorm",
                      "batchnorm.BatchNorm1d",
                      "batchnorm.BatchNorm2d",
                      "dropout.Dropout",
                      "activation.ReLU",
                      "activation.GELU",
                      "activation.SiLU",
                      "activation.Tanh",
                      "activation.Sigmoid",
                      "activation.MultiheadAttention",
                      "pooling.MaxPool2d",
                      "pooling.AvgPool2d",
                      "upsampling.Upsample")
                  .map(name -> "torch.nn.modules." + name))
          .collect(Collectors.toUnmodifiableSet());

  private Allowed() {}

  /// Returns what a name stands for.
  ///
  /// @throws Malformed if it is not on the list
  static Global global(String module, String name) throws Malformed {
    Global global = new Global(module + "." + name);
    if (FUNCTIONS.contains(global.name())
        || SILENT.contains(global.name())
        || MODULES.contains(global.name())
        || kind(global) != null) {
      return global;
    }
    throw Malformed.of(
        "refused: its pickle names %s, which is not on the list of classes that hold tensors",
        global.name());
  }

  private static @Nullable Kind kind(Global global) {
    String name = global.name();
    int dot = name.lastIndexOf('.');
    String module = name.substring(0, dot);
    return module.equals("torch") || module.equals("torch.cuda")
        ? STORAGES.get(name.substring(dot + 1))
        : null;
  }

  // ---- calls ----

  /// Returns what a call of a class or function makes.
  static Pickled call(Global callee, List<@Nullable Object> arguments) throws Malformed {
    String name = callee.name();
    return switch (name) {
      case DICT -> dict(arguments);
      case TENSOR, TENSOR_V2 -> tensor(arguments);
      case PARAMETER, PARAMETER_STATE -> {
        if (!arguments.isEmpty() && arguments.getFirst() instanceof TensorRef tensor) {
          yield tensor;
        }
        throw Malformed.of("its pickle makes a parameter of what is no tensor");
      }
      default -> {
        if (MODULES.contains(name)) {
          yield new Thing(name);
        }
        if (SILENT.contains(name)) {
          yield new Opaque();
        }
        throw Malformed.of("its pickle calls %s, which is no function", name);
      }
    };
  }

  private static Table dict(List<@Nullable Object> arguments) throws Malformed {
    Table table = new Table();
    if (arguments.isEmpty()) {
      return table;
    }
    if (arguments.size() == 1 && arguments.getFirst() instanceof Items pairs) {
      for (Object pair : pairs.values) {
        if (!(pair instanceof Items two)
            || two.values.size() != 2
            || !(two.values.getFirst() instanceof Object key)) {
          throw Malformed.of("its pickle makes a dict of what are no pairs");
        }
        table.values.put(key, two.values.getLast());
      }
      return table;
    }
    throw Malformed.of("its pickle makes a dict of what are no pairs");
  }

  /// Takes `(storage, offset, sizes, strides, …)`; newer versions add a dict of flags at the end.
  private static TensorRef tensor(List<@Nullable Object> arguments) throws Malformed {
    if (arguments.size() >= 4
        && arguments.get(0) instanceof StorageRef storage
        && arguments.get(1) instanceof Long offset
        && arguments.get(2) instanceof Items sizes
        && arguments.get(3) instanceof Items strides) {
      if (arguments.getLast() instanceof Table flags
          && arguments.size() > 6
          && flags.values.containsValue(true)) {
        throw Malformed.of(
            "a tensor is a lazy view (conjugate or negated), which is not supported");
      }
      return new TensorRef(storage, offset, wholes(sizes), wholes(strides));
    }
    throw Malformed.of("its pickle makes a tensor without storage, offset, sizes and strides");
  }

  private static long[] wholes(Items items) throws Malformed {
    long[] out = new long[items.values.size()];
    for (int i = 0; i < out.length; i++) {
      if (!(items.values.get(i) instanceof Long whole)) {
        throw Malformed.of("its pickle gives a tensor sizes or strides that are no integers");
      }
      out[i] = whole;
    }
    return out;
  }

  /// Returns what a persistent id stands for: `("storage", class, key, device, length[, part])`, or
  /// in the older container `("module", class, file, source)`, whose source is not looked at.
  static Pickled persistent(@Nullable Object id) throws Malformed {
    if (id instanceof Items items && items.values.size() >= 2) {
      List<@Nullable Object> v = items.values;
      if ("module".equals(v.getFirst()) && v.get(1) instanceof Global global) {
        return global;
      }
      if ("storage".equals(v.getFirst())
          && v.size() >= 5
          && v.get(1) instanceof Global global
          && kind(global) instanceof Kind kind
          && v.get(2) instanceof String key
          && v.get(4) instanceof Long length
          && length >= 0) {
        return new StorageRef(kind, key, length, 0);
      }
    }
    throw Malformed.of("its pickle refers to a storage in a way that torch.save does not");
  }

  /// Returns the part `(key, offset, length)` of a storage that its persistent id names at the end,
  /// as PyTorch before 0.4 wrote it, or the whole.
  static StorageRef part(StorageRef whole, @Nullable Object id) throws Malformed {
    if (!(id instanceof Items items)
        || items.values.size() < 6
        || !(items.values.get(5) instanceof Object part)) {
      return whole;
    }
    if (part instanceof Items view
        && view.values.size() == 3
        && view.values.get(1) instanceof Long offset
        && view.values.get(2) instanceof Long length
        && offset >= 0
        && length >= 0
        && offset <= whole.length()
        && length <= whole.length() - offset) {
      return new StorageRef(whole.kind(), whole.key(), length, offset);
    }
    throw Malformed.of("its pickle takes a part of storage %s that is not in it", whole.key());
  }
}
