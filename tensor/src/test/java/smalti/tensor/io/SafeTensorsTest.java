package smalti.tensor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

class SafeTensorsTest {
  @TempDir Path folder;

  /// Builds a file from a header and data by the letter of the format.
  static byte[] file(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("model.safetensors"), bytes);
  }

  private static final String GOLDEN_HEADER =
      "{\"__metadata__\":{\"config\":\"{\\\"width\\\":8}\",\"format\":\"pt\"},"
          + "\"double\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
          + "\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[8,16]},"
          + "\"scalar\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[16,20]},"
          + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[20,24]},"
          + "\"half\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[24,28]},"
          + "\"nothing\":{\"dtype\":\"F16\",\"shape\":[0,3],\"data_offsets\":[28,28]}}";

  private static byte[] golden() {
    byte[] data =
        ByteBuffer.allocate(28)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putDouble(-0.1)
            .putFloat(1.5f)
            .putFloat(-2)
            .putInt(-7)
            .putShort((short) 0x3f80) // 1
            .putShort((short) 0xff80) // −∞
            .putShort((short) 0x3c00) // 1
            .putShort((short) 0x0001) // 2⁻²⁴
            .array();
    String padded = GOLDEN_HEADER + " ".repeat((8 - GOLDEN_HEADER.length() % 8) % 8);
    return file(padded, data);
  }

  private static SafeTensors goldenContent() {
    Map<String, Tensor> tensors = new HashMap<>();
    tensors.put("nothing", Tensor.zeros(Shape.of(0, 3), DType.F16));
    tensors.put("half", Tensor.of(new double[] {1, 0x1p-24}, 2).to(DType.F16));
    tensors.put("b", Tensor.of(new double[] {1, Double.NEGATIVE_INFINITY}, 2).to(DType.BF16));
    tensors.put("scalar", Tensor.full(Shape.SCALAR, -7, DType.I32));
    tensors.put("a", Tensor.of(new float[] {1.5f, -2}, 2, 1).transpose(0, 1));
    tensors.put("double", Tensor.of(new double[] {-0.1}, 1));
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt");
    metadata.put("config", "{\"width\":8}");
    return new SafeTensors(tensors, metadata);
  }

  @Test
  void writesTheBytesOfTheFormat() throws IOException {
    Path path = folder.resolve("model.safetensors");
    goldenContent().write(path);
    assertThat(Files.readAllBytes(path)).isEqualTo(golden());
    assertThat(folder.toFile().list())
        .as("no temporary file stays")
        .containsExactly("model.safetensors");
  }

  @Test
  void readsTheBytesOfTheFormat() throws IOException {
    SafeTensors content = SafeTensors.read(write(golden()));
    assertSame(content, goldenContent());
    assertThat(content.tensors().keySet())
        .containsExactly("double", "a", "scalar", "b", "half", "nothing");
  }

  private static void assertSame(SafeTensors actual, SafeTensors expected) {
    assertThat(actual.metadata()).isEqualTo(expected.metadata());
    assertThat(actual.tensors().keySet()).isEqualTo(expected.tensors().keySet());
    expected
        .tensors()
        .forEach((name, tensor) -> {
          Tensor other = Objects.requireNonNull(actual.tensors().get(name));
          assertThat(other.shape()).isEqualTo(tensor.shape());
          assertThat(other.dtype()).isEqualTo(tensor.dtype());
          assertThat(other.toDoubles()).isEqualTo(tensor.toDoubles());
        });
  }

  @Test
  void listsTensorsWithoutLoadingThem() throws IOException {
    SafeTensorsHeader header = SafeTensors.header(write(golden()));
    assertThat(header.entries().keySet())
        .containsExactly("double", "a", "scalar", "b", "half", "nothing");
    assertThat(header.entries().get("a"))
        .isEqualTo(new SafeTensorsHeader.Entry("F32", Shape.of(1, 2), 8, 16));
    assertThat(header.metadata()).containsEntry("format", "pt");
    assertThat(header.dataStart() % 8).isZero();
  }

  @Test
  void readsOneTensorByName() throws IOException {
    Path path = write(golden());
    assertThat(SafeTensors.read(path, "a").toFloats()).containsExactly(1.5f, -2);
    assertThatThrownBy(() -> SafeTensors.read(path, "c"))
        .isInstanceOf(IOException.class)
        .hasMessage(path + ": holds no tensor c");
  }

  @Test
  void readsWhatOthersMayWrite() throws IOException {
    // White space, any order of fields and tensors, escapes, data that is not aligned.
    String header =
        " {\n \"b\" : {\"data_offsets\":[2, 10],\"shape\":[1] ,\"dtype\":\"I64\"},\t"
            + "\"\\u00e9\\/\\n\":{\"dtype\":\"BF16\",\"shape\":[1,1],\"data_offsets\":[0,2]}} ";
    byte[] data =
        ByteBuffer.allocate(10)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putShort((short) 0x4000)
            .putLong(-5)
            .array();
    SafeTensors content = SafeTensors.read(write(file(header, data)));
    assertThat(content.tensors().keySet()).containsExactly("é/\n", "b");
    assertThat(content.tensors().get("b").toInts()).containsExactly(-5);
    assertThat(content.tensors().get("é/\n").item()).isEqualTo(2);
    assertThat(SafeTensors.read(write(file("{}", new byte[0]))).tensors()).isEmpty();
  }

  @Test
  void refusesIntegersThatDoNotFit() throws IOException {
    byte[] data =
        ByteBuffer.allocate(16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(Integer.MIN_VALUE)
            .putLong(1L << 31)
            .array();
    Path path =
        write(file("{\"n\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]}}", data));
    assertThatThrownBy(() -> SafeTensors.read(path))
        .isInstanceOf(IOException.class)
        .hasMessage(path + ": tensor n holds 2147483648, which does not fit I32");
  }

  @Provide
  Arbitrary<SafeTensors> contents() {
    Arbitrary<String> names = Arbitraries.strings().all().ofMaxLength(6).filter(this::isUnicode);
    Arbitrary<Tensor> tensors =
        Combinators.combine(
                Arbitraries.of(DType.values()),
                Arbitraries.integers().between(0, 4).list().ofMaxSize(3),
                Arbitraries.longs())
            .as(SafeTensorsTest::tensor);
    return Combinators.combine(
            Arbitraries.maps(names, tensors).ofMaxSize(5),
            Arbitraries.maps(names, names).ofMaxSize(3))
        .as(SafeTensors::new);
  }

  private boolean isUnicode(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private static Tensor tensor(DType dtype, List<Integer> sizes, long seed) {
    Shape shape = Shape.of(sizes.stream().mapToInt(n -> n).toArray());
    Tensor numbers = Random.of(seed).normal(shape, DType.F64);
    Tensor scaled = dtype == DType.I32 ? numbers.mul(1e9) : numbers;
    Tensor out = scaled.to(dtype);
    return shape.rank() > 1 ? out.transpose(0, -1) : out;
  }

  @Property(tries = 200)
  void whatIsWrittenIsRead(@ForAll("contents") SafeTensors content) {
    try {
      Path path = Files.createTempFile("round", ".safetensors");
      try {
        content.write(path);
        assertSame(SafeTensors.read(path), content);
        byte[] bytes = Files.readAllBytes(path);
        SafeTensors.read(path).write(path);
        assertThat(Files.readAllBytes(path)).isEqualTo(bytes);
        assertThat(SafeTensors.header(path).dataStart() % 8).isZero();
      } finally {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void writesTensorsLargerThanItsBuffer() throws IOException {
    Path path = folder.resolve("large");
    Tensor x = Random.of(1).normal(Shape.of(40_007));
    new SafeTensors(Map.of("x", x.slice(0, 3, 40_000)), Map.of()).write(path);
    assertThat(SafeTensors.read(path, "x").toFloats()).isEqualTo(x.slice(0, 3, 40_000).toFloats());
  }

  @Test
  void refusesNamesThatTheFormatCannotHold() {
    Path path = folder.resolve("x");
    SafeTensors reserved = new SafeTensors(Map.of("__metadata__", Tensor.zeros(1)), Map.of());
    assertThatThrownBy(() -> reserved.write(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("safetensors: no tensor may be named __metadata__");
    SafeTensors broken = new SafeTensors(Map.of("\ud800", Tensor.zeros(1)), Map.of());
    assertThatThrownBy(() -> broken.write(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("safetensors: a name or text is not valid Unicode");
    assertThat(path).doesNotExist();
  }
}
