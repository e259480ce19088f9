package smalti.tests.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.dalle.plan.EngineMemory;
import smalti.dalle.plan.VaeMemory;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.VaeConfig;

/// Trains small transformers and dVAEs in JVMs of their own, on the backend of plain loops,
/// measures the bytes that are alive at most, and compares them with what the planner says.
final class PlannedMemoryTest {
  private static final double WITHIN = 0.15;

  /// The rows differ in what is largest: activations, parameters, scores.
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          16,300,8,200,96,3,4,0,16,0 ; SPARSE ; false
          16,300,8,200,96,3,4,0,16,0 ; SPARSE ; true
          4,500,4,300,256,3,4,10,2,0 ; FULL   ; false
          4,500,4,300,256,3,4,10,2,1 ; FULL   ; false
          32,4000,8,3000,32,2,2,0,8,0; SPARSE ; false
          """)
  void whatIsAliveAtMostIsWhatThePlannerSays(String sizes, String attention, boolean checkpoint)
      throws Exception {
    int[] n = List.of(sizes.split(",")).stream().mapToInt(Integer::parseInt).toArray();
    TransformerConfig c =
        new TransformerConfig(
            n[0],
            n[1],
            n[2],
            n[3],
            n[4],
            n[5],
            n[6],
            TransformerConfig.Attention.valueOf(attention),
            3,
            n[7] / 100.0,
            0);
    EngineMemory planned = EngineMemory.of(c, n[8], checkpoint, n[9] == 1);
    long measured = measured(sizes, attention, Boolean.toString(checkpoint));
    System.out.printf(
        "%s %s checkpoint %s: planned %,d (%s), measured %,d: %.3f%n",
        sizes,
        attention,
        checkpoint,
        planned.peak(),
        planned.worst(),
        measured,
        (double) planned.peak() / measured);
    assertThat((double) planned.peak() / measured).isBetween(1 - WITHIN, 1 + WITHIN);
  }

  /// The rows differ in what is largest: maps of pictures, parameters, codes.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "32,3,1,16,5,32,256,8",
        "16,2,2,64,3,16,16,4",
        "16,3,1,8,3,16,2000,8",
        "16,3,2,16,3,32,512,16",
        "32,2,1,32,3,8,16,4",
        "64,4,1,16,5,64,256,4"
      })
  void aDvaeTakesWhatThePlannerSays(String sizes) throws Exception {
    int[] n = List.of(sizes.split(",")).stream().mapToInt(Integer::parseInt).toArray();
    VaeConfig.Scales scales = new VaeConfig.Scales(true, 8, 0.5, 0.5, 1);
    VaeConfig c = new VaeConfig(n[0], n[1], n[2], n[3], n[4], n[5], n[6], scales);
    VaeMemory planned = VaeMemory.of(c, n[7]);
    long measured = measured(sizes);
    System.out.printf(
        "%s: planned %,d, measured %,d: %.3f%n",
        sizes, planned.peak(), measured, (double) planned.peak() / measured);
    assertThat((double) planned.peak() / measured).isBetween(1 - WITHIN, 1 + WITHIN);
  }

  private static long measured(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                LiveBytes.class.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return Long.parseLong(output.lines().toList().getLast());
  }
}
