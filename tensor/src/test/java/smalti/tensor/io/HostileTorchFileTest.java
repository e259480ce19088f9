package smalti.tensor.io;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Holds that files of `torch.save` made to do harm are refused, each with a sentence that says
/// why.
///
/// Pickles are written here as their instructions: `c module\nname\n` names a class, `(` … `t` is a
/// tuple, `}` a dict, `K\1` the number 1, `X` and a length a text, `R` a call, `Q` a storage, `.`
/// the end.
class HostileTorchFileTest {
  private static final String END = ".";
  private static final String TENSOR = "ctorch._utils\n_rebuild_tensor_v2\n";

  @TempDir Path folder;

  private static String text(String text) {
    return "\u008c" + (char) text.length() + text; // SHORT_BINUNICODE
  }

  private static String number(long value) {
    StringBuilder bytes = new StringBuilder("\u008a\b"); // LONG1 of 8 bytes
    for (int i = 0; i < 8; i++) {
      bytes.append((char) (value >> 8 * i & 0xff));
    }
    return bytes.toString();
  }

  private static String tuple(Object... parts) {
    StringBuilder out = new StringBuilder("(");
    for (Object part : parts) {
      out.append(part instanceof Number n ? number(n.longValue()) : part);
    }
    return out.append('t').toString();
  }

  private static String storage(String type, long length) {
    return tuple(text("storage"), "ctorch\n" + type + "\n", text("0"), text("cpu"), length) + "Q";
  }

  private static String tensor(String storage, long offset, String sizes, String strides) {
    return TENSOR + tuple(storage, offset, sizes, strides, "\u0089", "N") + "R";
  }

  /// Returns a dict with one tensor over the four floats of storage 0.
  private static String dict(long offset, String sizes, String strides) {
    return "}" + text("x") + tensor(storage("FloatStorage", 4), offset, sizes, strides) + "s" + END;
  }

  private static String good() {
    return dict(0, tuple(2, 2), tuple(2, 1));
  }

  private static Map<String, byte[]> entries(String pickle) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", ("\u0080\2" + pickle).getBytes(ISO_8859_1));
    entries.put("archive/data/0", new byte[16]);
    return entries;
  }

  private static byte[] zip(Map<String, byte[]> entries, int method) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(e.getKey());
        entry.setMethod(method);
        entry.setSize(e.getValue().length);
        CRC32 crc = new CRC32();
        crc.update(e.getValue());
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(e.getValue());
      }
    }
    return bytes.toByteArray();
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("x.pt"), bytes);
  }

  private Path zipped(String pickle) throws IOException {
    return write(zip(entries(pickle), ZipEntry.STORED));
  }

  /// Puts a pickle into the older container, with the four floats of storage 0.
  private Path streamed(String pickle) throws IOException {
    String magic = "\u0080\2\u008a\n\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019.";
    String keys = pickle.contains("Storage") ? "]" + text("0") + "a." : "].";
    String all = magic + number(1001) + ".}." + pickle + keys;
    byte[] head = all.getBytes(ISO_8859_1);
    byte[] bytes = Arrays.copyOf(head, head.length + 8 + 16);
    bytes[head.length] = 4;
    return write(bytes);
  }

  private static void assertRefused(Path file, String why) {
    assertThatThrownBy(
            () -> {
              try (TensorFile opened = TensorFile.open(file)) {
                for (String name : opened.entries().keySet()) {
                  opened.read(name);
                }
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(why);
  }

  @Test
  void theGoodOneIsRead() throws IOException {
    for (Path file : new Path[] {zipped(good()), streamed(good())}) {
      try (TensorFile opened = TensorFile.open(file)) {
        assertThat(opened.read("x").toFloats()).containsExactly(0, 0, 0, 0);
        assertThatThrownBy(() -> opened.read("y")).hasMessageContaining("holds no tensor y");
      }
    }
  }

  static Stream<Arguments> pickles() {
    return Stream.of(
        // ---- what would run code in Python
        arguments("names os.system", "cos\nsystem\n(" + text("echo hello") + "tR."),
        arguments("names builtins.eval", text("builtins") + text("eval") + "\u0093" + "."),
        arguments("names builtins.getattr", "cbuiltins\ngetattr\n."),
        arguments("names torch.load", "ctorch\nload\n."),
        arguments("names torch.nn.modules.conv.Conv2d.x", "ctorch.nn.modules\nconv.Conv2d.x\n."),
        arguments("names ?[31mred.x,", "c\u001b[31mred\nx\n."),
        arguments("calls torch.FloatStorage, which is no function", "ctorch\nFloatStorage\n)R."),
        arguments("calls what is no class or function", text("os") + ")R."),
        arguments("instruction 0x69", "ios\nsystem\n."), // INST
        arguments("instruction 0x6f", "(ctorch\nSize\no."), // OBJ
        arguments("instruction 0x82", "\u0082\1."), // EXT1
        arguments("instruction 0x50", "Pstorage\n."), // PERSID
        // ---- damaged pickles
        arguments("takes a value where there is none", "s."),
        arguments("takes a value where there is none", "."),
        arguments("takes a value where there is none", "]((a."),
        arguments("closes a list that was not opened", "t."),
        arguments("adds to a list that is none", "}K\1a."),
        arguments("adds to a dict that is none", "]K\1K\1s."),
        arguments("a dict key without a value", "}(K\1u."),
        arguments("refers to value 7", "h\7."),
        arguments("gives fields to what is no object", "ctorch\nSize\n}b."),
        arguments("gives fields to what is no object", "K\1}b."),
        arguments("its pickle ends within a value", "}"),
        arguments("its pickle ends within a value", "X\u00ff\u00ff\u00ff\u007f" + "a."),
        arguments("its pickle ends within a value", "B\u00ff\u00ff\u00ff\u00ff" + "a."),
        arguments("a name longer than", "c" + "a".repeat(1000) + "\nx\n."),
        arguments("makes a dict of what are no pairs", "ccollections\nOrderedDict\n(]K\1atR."),
        arguments("refers to a storage in a way", text("x") + "Q."),
        arguments("refers to a storage in a way", storage("FloatStorage", -1) + "."),
        arguments(
            "makes a parameter of what is no tensor", "ctorch._utils\n_rebuild_parameter\n)R."),
        arguments("without storage, offset, sizes and strides", TENSOR + ")R."),
        arguments("sizes or strides that are no integers", dict(0, tuple("N"), tuple(1))),
        arguments("it holds no tensors", "}" + text("x") + "K\1s."),
        arguments(
            "two tensors are named a.b",
            "}" + text("a.b") + four() + "s" + text("a") + "}" + text("b") + four() + "ss."),
        // ---- things that hold themselves, or grow without end
        arguments("or hold themselves", "]q\0h\0a."),
        arguments("nested more than 64 deep", "]".repeat(100) + "a".repeat(99) + "."),
        arguments("or repeats some endlessly", doubled(40)),
        arguments("more than 2000000 values", "}".repeat(2_000_001) + "."),
        arguments("a name longer than", longName()),
        // ---- tensors that are not inside their storage
        arguments("is not inside its storage of 4", dict(1, tuple(2, 2), tuple(2, 1))),
        arguments("is not inside its storage of 4", dict(0, tuple(2, 2), tuple(3, 1))),
        arguments("is not inside its storage of 4", dict(-1, tuple(2), tuple(1))),
        arguments("is not inside its storage of 4", dict(3, tuple(2), tuple(-1))),
        arguments("is not inside its storage of 4", dict(0, tuple(2), tuple(Long.MAX_VALUE))),
        arguments("is not inside its storage of 4", dict(Long.MAX_VALUE, tuple(), tuple())),
        arguments("is not inside its storage of 4", dict(4, tuple(), tuple())),
        arguments("has the size -1", dict(0, tuple(-1), tuple(1))),
        arguments("has the size 4294967296", dict(0, tuple(1L << 32), tuple(0))),
        arguments("is too large", dict(0, tuple(1 << 30, 1 << 30), tuple(0, 0))),
        arguments("has 2 sizes and 1 strides", dict(0, tuple(2, 2), tuple(1))),
        arguments("has 65 axes", dict(0, many(65), many(65))),
        arguments("more than 8 times the file", dict(0, tuple(1 << 30), tuple(0))));
  }

  private static String many(int axes) {
    return "(" + "K\1".repeat(axes) + "t";
  }

  private static String four() {
    return tensor(storage("FloatStorage", 4), 0, tuple(4), tuple(1));
  }

  /// Returns lists that each hold the next one twice: few bytes, 2ⁿ paths.
  private static String doubled(int n) {
    StringBuilder pickle = new StringBuilder("]q\0");
    for (int i = 0; i < n; i++) {
      pickle.append("](h").append((char) i).append('h').append((char) i).append('e');
      pickle.append('q').append((char) (i + 1));
    }
    return pickle.append('.').toString();
  }

  private static String longName() {
    String part = text("n".repeat(120));
    return ("}" + part).repeat(10) + four() + "s".repeat(10) + ".";
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pickles")
  void pickles(String why, String pickle) throws IOException {
    assertRefused(zipped(pickle), why);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pickles")
  void picklesInTheOlderContainer(String why, String pickle) throws IOException {
    if (!why.contains("ends within")) { // there the next pickle follows
      assertRefused(streamed(pickle), why);
    }
  }

  @Test
  void storagesThatAreNotThere() throws IOException {
    String longer = "}" + text("x") + tensor(storage("FloatStorage", 5), 0, tuple(5), tuple(1));
    assertRefused(
        zipped(longer + "s."), "storage 0 should hold 5 numbers of F32, but has 16 bytes");
    assertRefused(streamed(longer + "s."), "storage 0 has 4 numbers, its pickle says 5");
    String huge = longer.replace(number(5), number(Long.MAX_VALUE));
    assertRefused(zipped(huge + "s."), "numbers of F32, but has 16 bytes");
    String twice = "}" + text("x") + four() + "s" + text("y");
    String other = tensor(storage("LongStorage", 2), 0, tuple(2), tuple(1));
    assertRefused(zipped(twice + other + "s."), "describes storage 0 in two ways");
    Map<String, byte[]> missing = entries(good());
    missing.remove("archive/data/0");
    assertRefused(write(zip(missing, ZipEntry.STORED)), "its entry archive/data/0 is missing");
  }

  @Test
  void integersThatDoNotFit() throws IOException {
    String longs = tensor(storage("LongStorage", 2), 0, tuple(2), tuple(1));
    Map<String, byte[]> entries = entries("}" + text("x") + longs + "s.");
    entries.put("archive/data/0", new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0});
    assertRefused(
        write(zip(entries, ZipEntry.STORED)), "tensor x holds 4294967296, which does not fit I32");
  }

  @Test
  void zipTricks() throws IOException {
    assertRefused(write(zip(entries(good()), ZipEntry.DEFLATED)), "is compressed");
    Map<String, byte[]> entries = entries(good());
    entries.put("other/data.pkl", new byte[3]);
    assertRefused(write(zip(entries, ZipEntry.STORED)), "it holds two files data.pkl");
    entries = entries(good());
    entries.put("archive/constants.pkl", new byte[3]);
    assertRefused(write(zip(entries, ZipEntry.STORED)), "is a TorchScript program");
    entries = entries(good());
    entries.put("archive/byteorder", "big".getBytes(UTF_8));
    assertRefused(write(zip(entries, ZipEntry.STORED)), "in the byte order big");
    assertRefused(
        write(zip(Map.of("a", new byte[3]), ZipEntry.STORED)), "is a zip file without a data.pkl");
    byte[] twice = zip(twoNames(), ZipEntry.STORED);
    assertRefused(
        write(replace(twice, "archive/data/1", "archive/data/0")), "lists archive/data/0 twice");
    assertRefused(write(enlarged(zip(entries(good()), ZipEntry.STORED))), "x.pt: ");
    assertRefused(write(new byte[] {'P', 'K', 3, 4, 0, 0}), "its zip directory cannot be read");
  }

  private static Map<String, byte[]> twoNames() {
    Map<String, byte[]> entries = entries(good());
    entries.put("archive/data/1", new byte[16]);
    return entries;
  }

  private static byte[] replace(byte[] bytes, String from, String to) {
    return new String(bytes, ISO_8859_1).replace(from, to).getBytes(ISO_8859_1);
  }

  /// Makes the directory claim a gigabyte for storage 0.
  private static byte[] enlarged(byte[] zip) {
    String text = new String(zip, ISO_8859_1);
    int name = text.lastIndexOf("archive/data/0");
    byte[] bytes = zip.clone();
    bytes[name - 46 + 23] = 0x40; // compressed size, highest byte
    bytes[name - 46 + 27] = 0x40; // size
    return bytes;
  }

  @Test
  void othersFiles() throws IOException {
    assertThatThrownBy(() -> TorchFile.open(write("hello, world, hello".getBytes(UTF_8))))
        .hasMessageEndingWith("x.pt: is no file of torch.save");
    assertThatThrownBy(() -> TorchFile.open(folder)).hasMessage(folder + ": is not a file");
    assertThatThrownBy(() -> TorchFile.open(folder.resolve("none")))
        .hasMessageEndingWith("none: there is no such file");
    assertRefused(folder.resolve("none"), "there is no such file");
    assertRefused(folder, "is a folder");
  }

  /// What `pickle.dump` writes of an object that asks for `os.system`.
  @Test
  void aPlainPickleIsRefusedAsWhatItIs() throws IOException {
    Path file = folder.resolve("plain.pkl");
    Files.writeString(file, "\u0080\2cposix\nsystem\n" + tuple(text("true")) + "R.", ISO_8859_1);
    assertThatThrownBy(() -> TensorFile.open(file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": refused: it is a pickle, but none that torch.save wrote");
  }
}
