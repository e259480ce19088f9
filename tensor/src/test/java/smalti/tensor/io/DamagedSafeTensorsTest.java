package smalti.tensor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Holds what is said about every way in which a file can be wrong.
class DamagedSafeTensorsTest {
  @TempDir Path folder;

  /// Is a tensor x of shape [2] over 8 bytes, unless said otherwise.
  private static String x(String dtype, String shape, String offsets) {
    return "\"x\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
        .formatted(dtype, shape, offsets);
  }

  static Stream<Arguments> headers() {
    String good = x("F32", "[2]", "[0,8]");
    return Stream.of(
        arguments("the header is not a JSON object", "[]"),
        arguments("the header is not valid JSON at character 1: expected '\"'", "{x}"),
        arguments("the header is not valid JSON at character 2: expected nothing more", "{}{}"),
        arguments("the header is not valid JSON at character 7: expected '}'", "{\"x\":{}"),
        arguments("the header is not valid JSON at character 4: expected ':'", "{\"x\"}"),
        arguments(
            "the header is not valid JSON at character 5: expected an object, array, string or"
                + " non-negative integer",
            "{\"x\":null}"),
        arguments(
            "the header is not valid JSON at character 28: expected an object, array, string or"
                + " non-negative integer",
            "{\"x\":{\"dtype\":\"F32\",\"shape\":-1}}"),
        arguments(
            "the header is not valid JSON at character 3: expected the end of a string", "{\"x"),
        arguments(
            "the header is not valid JSON at character 3: expected an escape of JSON",
            "{\"\\x\":1}"),
        arguments(
            "the header is not valid JSON at character 6: expected four hexadecimal digits",
            "{\"\\u00g0\":1}"),
        arguments(
            "the header is not valid JSON at character 2: expected no control character in a string",
            "{\"\n\":1}"),
        arguments(
            "the header is not valid JSON at character 8: expected less nesting", "[".repeat(50)),
        arguments(
            "the header is not valid JSON at character 5: expected an integer below 2^63 without"
                + " leading zeros",
            "{\"x\":00}"),
        arguments(
            "the header is not valid JSON at character 5: expected an integer below 2^63 without"
                + " leading zeros",
            "{\"x\":9223372036854775808}"),
        arguments(
            "the header is not valid JSON at character 54: expected a name not used before, found"
                + " \"x\" again",
            "{" + good + "," + good + "}"),
        arguments(
            "__metadata__ must be an object of strings", "{\"__metadata__\":[]," + good + "}"),
        arguments(
            "__metadata__: step must be a string", "{\"__metadata__\":{\"step\":5}," + good + "}"),
        arguments("tensor x must have a dtype, a shape and data_offsets", "{\"x\":{}}"),
        arguments("tensor x must have a dtype, a shape and data_offsets", "{\"x\":5}"),
        arguments(
            "tensor x: shape must be an array of integers",
            "{\"x\":{\"dtype\":\"F32\",\"size\":[2],\"data_offsets\":[0,8]}}"),
        arguments(
            "tensor x: shape must hold integers only", "{" + x("F32", "[\"2\"]", "[0,8]") + "}"),
        arguments("tensor x has the unknown dtype F8", "{" + x("F8", "[8]", "[0,8]") + "}"),
        arguments(
            "tensor x: data_offsets must be a begin and an end after it",
            "{" + x("F32", "[2]", "[0]") + "}"),
        arguments(
            "tensor x: data_offsets must be a begin and an end after it",
            "{" + x("F32", "[2]", "[8,0]") + "}"),
        arguments(
            "tensor x: F32 of shape [3] needs 12 bytes; its data_offsets give 8",
            "{" + x("F32", "[3]", "[0,8]") + "}"),
        arguments(
            "tensor x is too large: shape: a tensor holds at most 2^31 - 9 elements;"
                + " [2147483647, 2147483647] has more",
            "{" + x("F32", "[4294967296,4294967298]", "[0,8]") + "}"),
        arguments(
            "the file is cut short: tensor x ends at byte 12 of the data, which has 8",
            "{" + x("F32", "[3]", "[0,12]") + "}"),
        arguments(
            "the bytes [0, 4) of the data belong to no tensor",
            "{" + x("F32", "[1]", "[4,8]") + "}"),
        arguments(
            "the bytes [4, 8) of the data belong to no tensor",
            "{" + x("F32", "[1]", "[0,4]") + "}"),
        arguments("the bytes [0, 8) of the data belong to no tensor", "{}"),
        arguments(
            "the bytes [4, 8) of tensor y overlap those of another",
            "{" + good + ",\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}"));
  }

  @ParameterizedTest
  @MethodSource("headers")
  void wrongHeadersAreExplained(String message, String header) throws IOException {
    expect(message, SafeTensorsTest.file(header, new byte[8]));
  }

  static Stream<Arguments> files() {
    byte[] good = SafeTensorsTest.file("{" + x("F32", "[2]", "[0,8]") + "}", new byte[8]);
    byte[] latin1 = SafeTensorsTest.file("{\"?\":1}", new byte[0]);
    latin1[10] = (byte) 0xe9;
    byte[] empty = SafeTensorsTest.file("", new byte[20]);
    byte[] png = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13};
    return Stream.of(
        arguments("not a safetensors file: it has only 0 bytes", new byte[0]),
        arguments("not a safetensors file: it has only 7 bytes", Arrays.copyOf(good, 7)),
        arguments(
            "not a safetensors file: its first 8 bytes say that the header has"
                + " 727905341920923785 bytes",
            png),
        arguments(
            "not a safetensors file: its first 8 bytes say that the header has"
                + " 18446744073709551615 bytes",
            new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, 0}),
        arguments(
            "not a safetensors file: its first 8 bytes say that the header has 0 bytes", empty),
        arguments(
            "the file is cut short: a header of 54 bytes is announced, 22 follow",
            Arrays.copyOf(good, 30)),
        arguments(
            "the file is cut short: tensor x ends at byte 8 of the data, which has 7",
            Arrays.copyOf(good, good.length - 1)),
        arguments(
            "the bytes [8, 9) of the data belong to no tensor",
            Arrays.copyOf(good, good.length + 1)),
        arguments("the header is not valid UTF-8", latin1));
  }

  @ParameterizedTest
  @MethodSource("files")
  void wrongFilesAreExplained(String message, byte[] bytes) throws IOException {
    expect(message, bytes);
  }

  private void expect(String message, byte[] bytes) throws IOException {
    Path path = Files.write(folder.resolve("model.safetensors"), bytes);
    assertThat(catchThrowable(() -> SafeTensors.read(path)))
        .isInstanceOf(IOException.class)
        .hasMessage(path + ": " + message);
    assertThat(catchThrowable(() -> SafeTensors.header(path)))
        .isInstanceOf(IOException.class)
        .hasMessage(path + ": " + message);
  }

  @Test
  void everyCutOfAFileIsNoticed() throws IOException {
    Path path = folder.resolve("model.safetensors");
    Tensor x = Random.of(1).normal(Shape.of(3, 2));
    new SafeTensors(Map.of("x", x, "y", x), Map.of("a", "b")).write(path);
    byte[] whole = Files.readAllBytes(path);
    for (int length = 0; length < whole.length; length++) {
      Files.write(path, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> SafeTensors.read(path))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(path + ": ");
    }
  }

  @Test
  void flippedBitsNeverBreakTheReader() throws IOException {
    Path path = folder.resolve("model.safetensors");
    new SafeTensors(Map.of("x", Tensor.zeros(2), "y", Tensor.ones(1)), Map.of("a", "b"))
        .write(path);
    byte[] whole = Files.readAllBytes(path);
    for (int i = 0; i < (whole.length - 12) * 8; i++) {
      byte[] flipped = whole.clone();
      flipped[i / 8] ^= (byte) (1 << i % 8);
      Files.write(path, flipped);
      Throwable thrown = catchThrowable(() -> SafeTensors.read(path));
      if (thrown != null) { // names and texts may change unnoticed
        assertThat(thrown).isInstanceOf(IOException.class).hasMessageStartingWith(path + ": ");
      }
    }
  }

  @Test
  void missingFilesAndFoldersAreNamed() throws IOException {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> SafeTensors.read(missing))
        .isInstanceOf(IOException.class)
        .hasMessage(missing + ": there is no such file");
    assertThatThrownBy(() -> SafeTensors.read(folder))
        .isInstanceOf(IOException.class)
        .hasMessage(folder + ": is a folder, not a safetensors file");
    Path deep = folder.resolve("no/where");
    SafeTensors content = new SafeTensors(Map.of("x", Tensor.zeros(1)), Map.of());
    assertThatThrownBy(() -> content.write(deep))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "%s: cannot be written: there is no folder %s".formatted(deep, deep.getParent()));
    assertThatThrownBy(() -> content.write(folder))
        .isInstanceOf(IOException.class)
        .hasMessage(folder + ": cannot be written: it is a folder");
  }

  @Test
  void aFailedWriteLeavesTheOldFile() throws IOException {
    Path path = Files.writeString(folder.resolve("notes"), "old");
    assertThatThrownBy(() ->
            AtomicFile.write(
                path,
                out -> {
                  out.write("new".getBytes(StandardCharsets.UTF_8));
                  throw new IOException("No space left on device (sda1)");
                }))
        .isInstanceOf(IOException.class)
        .hasMessage(path + ": cannot be written: No space left on device (sda1)");
    assertThat(path).hasContent("old");
    assertThat(folder.toFile().list()).containsExactly("notes");
  }

  @Test
  void anInterruptedThreadStillWrites() throws IOException {
    Path path = folder.resolve("saved");
    Thread.currentThread().interrupt();
    AtomicFile.write(path, out -> out.write(65));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(path).hasContent("A");
  }
}
