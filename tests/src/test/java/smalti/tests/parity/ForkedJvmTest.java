package smalti.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;
import smalti.tensor.backend.Backends;

/// Runs backends in JVMs with other flags: without the Vector API, and with narrower vectors.
class ForkedJvmTest {

  /// Prints the backend in force and the sum of some numbers.
  static final class Sum {
    private Sum() {}

    public static void main(String[] args) {
      double sum = Operands.uniform("sum", 0, 1, 40).sum().item();
      System.out.println(Backends.current().name() + " " + Math.round(sum));
    }
  }

  /// Prints a gradient, and whether flight recordings are possible.
  static final class Gradient {
    private Gradient() {}

    public static void main(String[] args) {
      Variable x = Variable.leaf(Tensor.scalar(3));
      double gradient = Autograd.backward(x.mul(x)).of(x).item();
      System.out.println(ModuleLayer.boot().findModule("jdk.jfr").isPresent() + " " + gradient);
    }
  }

  /// Runs all cases on the SIMD backend and prints those that differ.
  static final class Parity {
    private Parity() {}

    public static void main(String[] args) {
      Backend simd =
          Backends.providers().stream()
              .filter(p -> p.name().equals("simd"))
              .map(BackendProvider::create)
              .findFirst()
              .orElseThrow();
      long wrong =
          Stream.of(ElementCases.all(), RowCases.all(), MatrixCases.all(), AttentionCases.all())
              .flatMap(List::stream)
              .filter(c -> !(c.error(Backends.reference(), simd) <= c.tolerance()))
              .peek(System.out::println)
              .count();
      System.out.println(wrong + " differ");
    }
  }

  @Test
  void withoutTheVectorModulePlainIsChosenAndOneLineSaysWhy() throws Exception {
    List<String> lines = java(Sum.class);
    assertThat(lines).last().asString().startsWith("plain ");
    assertThat(lines.stream().filter(line -> line.contains("simd")))
        .singleElement()
        .asString()
        .contains("--add-modules jdk.incubator.vector");
  }

  @Test
  void withoutFlightRecorderGradientsAreComputedAllTheSame() throws Exception {
    List<String> lines = java(Gradient.class, "--limit-modules", "java.base");
    assertThat(lines).last().isEqualTo("false 6.0");
  }

  @Test
  void withTheVectorModuleSimdIsChosenAndNothingIsLogged() throws Exception {
    List<String> lines = java(Sum.class, "--add-modules", "jdk.incubator.vector");
    assertThat(lines).filteredOn(line -> !line.contains("incubator")).hasSize(1);
    assertThat(lines).last().asString().startsWith("simd ");
  }

  @Tag("slow")
  @ParameterizedTest
  @ValueSource(ints = {16, 32})
  void narrowVectorsAgreeWithTheReference(int bytes) throws Exception {
    List<String> lines =
        java(Parity.class, "--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=" + bytes);
    assertThat(lines).last().isEqualTo("0 differ");
  }

  private static List<String> java(Class<?> main, String... flags)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-Xmx1g", "-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output.lines().toList();
  }
}
