package smalti.tests.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.tensor.DType;
import smalti.tensor.Tensor;
import smalti.tensor.io.SafeTensors;
import smalti.tensor.io.TensorFile;
import smalti.tensor.io.TorchFile;

/// Compares what is read from files of `torch.save`, in both containers, with what PyTorch itself
/// says is in them.
final class TorchFilesTest {
  @TempDir private Path folder;

  private static Path file(String name) {
    return Path.of(
        URI.create(
            Objects.requireNonNull(TorchFilesTest.class.getResource("/torch/" + name)).toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"kinds", "checkpoint", "encoder", "decoder"})
  void everyTensorIsTheOneThatPyTorchSaved(String name) throws IOException {
    Map<String, Tensor> expected = SafeTensors.read(file(name + ".safetensors")).tensors();
    for (String container : new String[] {"zip", "stream"}) {
      try (TensorFile read = TensorFile.open(file(name + "-" + container + ".pt"))) {
        assertThat(read.format()).isEqualTo("torch " + container);
        assertThat(read.entries().keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        for (Map.Entry<String, Tensor> e : expected.entrySet()) {
          Tensor tensor = read.read(e.getKey());
          assertThat(tensor.shape()).as(e.getKey()).isEqualTo(e.getValue().shape());
          assertThat(tensor.toDoubles()).as(e.getKey()).isEqualTo(e.getValue().toDoubles());
          assertThat(tensor.isContiguous()).isTrue();
        }
      }
    }
  }

  @Test
  void dtypesAreToldAsInTheFileAndHeldAsFarAsTensorsDo() throws IOException {
    try (TensorFile kinds = TensorFile.open(file("kinds-zip.pt"))) {
      assertThat(kinds.entries().get("f16").dtype()).isEqualTo("F16");
      assertThat(kinds.read("f16").dtype()).isEqualTo(DType.F16);
      assertThat(kinds.read("bf16").dtype()).isEqualTo(DType.BF16);
      assertThat(kinds.read("f64").dtype()).isEqualTo(DType.F64);
      assertThat(kinds.read("half_transposed").dtype()).isEqualTo(DType.F16);
      for (String name : new String[] {"i64", "i32", "i16", "i8", "u8"}) {
        assertThat(kinds.entries().get(name).dtype()).isEqualTo(name.toUpperCase());
        assertThat(kinds.read(name).dtype()).isEqualTo(DType.I32);
      }
      assertThat(kinds.entries().get("boolean").dtype()).isEqualTo("BOOL");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"kinds-zip", "checkpoint-stream", "decoder-stream", "encoder-zip"})
  void convertedFilesHoldTheSame(String name) throws IOException {
    Path out = folder.resolve("out.safetensors");
    try (TensorFile from = TensorFile.open(file(name + ".pt"))) {
      SafeTensors.convert(from, out);
      Map<String, Tensor> written = SafeTensors.read(out).tensors();
      assertThat(written).hasSameSizeAs(from.entries());
      for (String key : from.entries().keySet()) {
        Tensor tensor = from.read(key);
        assertThat(written.get(key).dtype()).isEqualTo(tensor.dtype());
        assertThat(written.get(key).toDoubles()).isEqualTo(tensor.toDoubles());
      }
    }
  }

  /// A conversion that fails leaves what was there.
  @Test
  void aFailedConversionLeavesNothingBehind() throws IOException {
    byte[] bytes = Files.readAllBytes(file("decoder-stream.pt"));
    Path bad = folder.resolve("bad.pt");
    Files.write(bad, bytes);
    Path out = folder.resolve("out.safetensors");
    Files.writeString(out, "before");
    try (TensorFile from = TensorFile.open(bad)) {
      Files.write(bad, Arrays.copyOf(bytes, bytes.length / 2)); // cut after it was opened
      assertThat(failure(() -> SafeTensors.convert(from, out)))
          .contains("out.safetensors: cannot be written", "cut short");
    }
    assertThat(out).hasContent("before");
    try (var left = Files.list(folder)) {
      assertThat(left).hasSize(2);
    }
  }

  @FunctionalInterface
  private interface Action {
    void run() throws IOException;
  }

  private static String failure(Action action) {
    try {
      action.run();
      return "";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static void readAll(Path path) throws IOException {
    try (TorchFile file = TorchFile.open(path)) {
      for (String name : file.entries().keySet()) {
        file.read(name);
      }
    }
  }

  /// Wherever a file is cut, it is refused in one sentence, or what it has lost was no tensor.
  @ParameterizedTest
  @ValueSource(strings = {"kinds-zip", "kinds-stream", "checkpoint-stream"})
  void cutFilesAreRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(file(name + ".pt"));
    Path cut = folder.resolve("cut.pt");
    for (int length = 0; length < whole.length; length += length < 1000 ? 1 : 13) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertThat(failure(() -> readAll(cut)))
          .as("%s cut to %d bytes", name, length)
          .startsWith(cut + ": ")
          .hasLineCount(1);
    }
  }

  /// Wherever bytes are changed, the file is read or refused: no other exception, no hanging, no
  /// memory beyond the file's own size.
  @ParameterizedTest
  @ValueSource(strings = {"kinds-zip", "kinds-stream", "checkpoint-zip", "decoder-stream"})
  void changedFilesAreReadOrRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(file(name + ".pt"));
    Path changed = folder.resolve("changed.pt");
    SplittableRandom random = new SplittableRandom(7);
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = whole.clone();
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        bytes[random.nextInt(14, Math.min(bytes.length, 6000))] = (byte) random.nextInt(256);
      }
      Files.write(changed, bytes);
      String failure = failure(() -> readAll(changed));
      if (!failure.isEmpty()) {
        assertThat(failure).startsWith(changed + ": ").hasLineCount(1).doesNotContain("Exception");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(100);
  }
}
