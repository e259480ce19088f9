package smalti.tensor.io.torch;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.tensor.io.torch.Pickled.Global;
import smalti.tensor.io.torch.Pickled.Items;
import smalti.tensor.io.torch.Pickled.Opaque;
import smalti.tensor.io.torch.Pickled.StorageRef;
import smalti.tensor.io.torch.Pickled.Table;
import smalti.tensor.io.torch.Pickled.Thing;

/// Is the stack machine that reads a pickle (Python's `pickletools` describes its instructions),
/// cut down to what `torch.save` writes. It loads no class and calls no function: [Allowed] says
/// what a name may stand for, and every other name ends the reading.
final class Unpickler {
  /// The most values that are made, so that a small file cannot fill the memory.
  private static final int MOST_VALUES = 2_000_000;

  private final PickleInput in;
  private final List<@Nullable Object> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Integer, @Nullable Object> memo = new HashMap<>();
  private final Map<String, StorageRef> storages = new LinkedHashMap<>();
  private int values;

  private Unpickler(PickleInput in) {
    this.in = in;
  }

  /// Holds what a pickle came to.
  ///
  /// @param value the value
  /// @param storages all storages that it refers to, whole, by key
  record Result(@Nullable Object value, Map<String, StorageRef> storages) {}

  /// Reads one pickle.
  static Result read(PickleInput in) throws IOException, Malformed {
    in.next();
    Unpickler machine = new Unpickler(in);
    return new Result(machine.run(), machine.storages);
  }

  private @Nullable Object run() throws IOException, Malformed {
    while (true) {
      int op = in.u1();
      if (op == '.') { // STOP
        return pop();
      }
      if (!constant(op) && !container(op) && !memory(op) && !object(op)) {
        throw Malformed.of(
            "its pickle has the instruction 0x%02x, which torch.save does not write", op);
      }
    }
  }

  // ---- the stack ----

  private void push(@Nullable Object value) {
    stack.add(value);
  }

  /// Pushes a value that takes memory of its own.
  private void make(@Nullable Object value) throws Malformed {
    if (++values > MOST_VALUES) {
      throw Malformed.of("its pickle holds more than %d values", MOST_VALUES);
    }
    stack.add(value);
  }

  private @Nullable Object pop() throws Malformed {
    if (stack.size() <= bottom()) {
      throw Malformed.of("its pickle takes a value where there is none");
    }
    return stack.removeLast();
  }

  private @Nullable Object top() throws Malformed {
    if (stack.size() <= bottom()) {
      throw Malformed.of("its pickle takes a value where there is none");
    }
    return stack.getLast();
  }

  private int bottom() {
    Integer mark = marks.peek();
    return mark == null ? 0 : mark;
  }

  /// Takes everything above the last mark, and the mark.
  private Items sinceMark() throws Malformed {
    Integer mark = marks.poll();
    if (mark == null) {
      throw Malformed.of("its pickle closes a list that was not opened");
    }
    Items items = new Items();
    List<@Nullable Object> above = stack.subList(mark, stack.size());
    items.values.addAll(above);
    above.clear();
    return items;
  }

  private Items last(int n) throws Malformed {
    Items items = new Items();
    for (int i = 0; i < n; i++) {
      items.values.addFirst(pop());
    }
    return items;
  }

  // ---- instructions ----

  private boolean constant(int op) throws IOException, Malformed {
    switch (op) {
      case 0x80 -> in.u1(); // PROTO
      case 0x95 -> in.i8(); // FRAME
      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) in.u1()); // BININT1
      case 'M' -> push((long) in.u2()); // BININT2
      case 'J' -> make((long) in.i4()); // BININT
      case 0x8a -> make(integer(in.bytes(in.u1()))); // LONG1
      case 'G' -> make(in.f8()); // BINFLOAT
      case 'X' -> make(in.text(Integer.toUnsignedLong(in.i4()))); // BINUNICODE
      case 0x8c -> make(in.text(in.u1())); // SHORT_BINUNICODE
      case 0x8d -> make(in.text(in.i8())); // BINUNICODE8
      case 'U' -> make(in.text(in.u1())); // SHORT_BINSTRING, of Python 2
      case 'T' -> make(in.text(in.i4())); // BINSTRING, of Python 2
      case 'C' -> opaque(in.u1()); // SHORT_BINBYTES
      case 'B' -> opaque(Integer.toUnsignedLong(in.i4())); // BINBYTES
      default -> {
        return false;
      }
    }
    return true;
  }

  private void opaque(long length) throws IOException, Malformed {
    in.bytes(length);
    make(new Opaque());
  }

  /// Returns a little-endian two's complement number; one that is longer than 64 bits is no number
  /// to us.
  private static Object integer(byte[] bytes) {
    if (bytes.length > Long.BYTES) {
      return new Opaque();
    }
    long value = bytes.length > 0 && bytes[bytes.length - 1] < 0 ? -1 : 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      value = value << Byte.SIZE | Byte.toUnsignedLong(bytes[i]);
    }
    return value;
  }

  private boolean container(int op) throws Malformed {
    switch (op) {
      case '(' -> marks.push(stack.size()); // MARK
      case ']', ')', 0x8f -> make(new Items()); // EMPTY_LIST, EMPTY_TUPLE, EMPTY_SET
      case '}' -> make(new Table()); // EMPTY_DICT
      case 'l', 't', 0x91 -> make(sinceMark()); // LIST, TUPLE, FROZENSET
      case 0x85 -> make(last(1)); // TUPLE1
      case 0x86 -> make(last(2)); // TUPLE2
      case 0x87 -> make(last(3)); // TUPLE3
      case 'a' -> { // APPEND
        Object value = pop();
        items(top()).values.add(value);
      }
      case 'e', 0x90 -> { // APPENDS, ADDITEMS
        Items more = sinceMark();
        items(top()).values.addAll(more.values);
      }
      case 'd' -> { // DICT
        Table table = new Table();
        putAll(table, sinceMark());
        make(table);
      }
      case 's' -> { // SETITEM
        Items pair = last(2);
        putAll(table(top()), pair);
      }
      case 'u' -> { // SETITEMS
        Items pairs = sinceMark();
        putAll(table(top()), pairs);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static Items items(@Nullable Object value) throws Malformed {
    if (value instanceof Items items) {
      return items;
    }
    throw Malformed.of("its pickle adds to a list that is none");
  }

  private static Table table(@Nullable Object value) throws Malformed {
    if (value instanceof Table table) {
      return table;
    }
    throw Malformed.of("its pickle adds to a dict that is none");
  }

  private void putAll(Table table, Items pairs) throws Malformed {
    if (pairs.values.size() % 2 != 0) {
      throw Malformed.of("its pickle holds a dict key without a value");
    }
    for (int i = 0; i < pairs.values.size(); i += 2) {
      Object key = pairs.values.get(i);
      if (++values > MOST_VALUES) {
        throw Malformed.of("its pickle holds more than %d values", MOST_VALUES);
      }
      table.values.put(key == null ? "None" : key, pairs.values.get(i + 1));
    }
  }

  private boolean memory(int op) throws IOException, Malformed {
    switch (op) {
      case '0' -> pop(); // POP
      case '1' -> sinceMark(); // POP_MARK
      case 'q' -> memo.put(in.u1(), top()); // BINPUT
      case 'r' -> memo.put(in.i4(), top()); // LONG_BINPUT
      case 0x94 -> memo.put(memo.size(), top()); // MEMOIZE
      case 'h' -> push(remembered(in.u1())); // BINGET
      case 'j' -> push(remembered(in.i4())); // LONG_BINGET
      default -> {
        return false;
      }
    }
    return true;
  }

  private @Nullable Object remembered(int key) throws Malformed {
    if (!memo.containsKey(key)) {
      throw Malformed.of("its pickle refers to value %d, which was not kept", key);
    }
    return memo.get(key);
  }

  private boolean object(int op) throws IOException, Malformed {
    switch (op) {
      case 'c' -> make(Allowed.global(in.line(), in.line())); // GLOBAL
      case 0x93 -> { // STACK_GLOBAL
        Items names = last(2);
        make(
            Allowed.global(
                String.valueOf(names.values.get(0)), String.valueOf(names.values.get(1))));
      }
      case 'R', 0x81 -> { // REDUCE, NEWOBJ
        Object arguments = pop();
        Object callee = pop();
        if (!(callee instanceof Global global) || !(arguments instanceof Items items)) {
          throw Malformed.of("its pickle calls what is no class or function");
        }
        make(Allowed.call(global, items.values));
      }
      case 'b' -> { // BUILD
        Object state = pop();
        build(top(), state);
      }
      case 'Q' -> persistent(pop()); // BINPERSID
      default -> {
        return false;
      }
    }
    return true;
  }

  private void persistent(@Nullable Object id) throws Malformed {
    Pickled value = Allowed.persistent(id);
    if (value instanceof StorageRef storage) {
      StorageRef before = storages.putIfAbsent(storage.key(), storage);
      if (before != null && !before.equals(storage)) {
        throw Malformed.of("its pickle describes storage %s in two ways", storage.key());
      }
      make(Allowed.part(storage, id));
    } else {
      make(value);
    }
  }

  /// Gives an object its fields. Dicts and tensors have some too, which say nothing of numbers.
  private static void build(@Nullable Object value, @Nullable Object state) throws Malformed {
    if (!(value instanceof Pickled) || value instanceof Global) {
      throw Malformed.of("its pickle gives fields to what is no object");
    }
    if (value instanceof Thing thing && state instanceof Table table) {
      thing.state = table;
    }
  }
}
