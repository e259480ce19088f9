package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import smalti.gpu.GpuProvider;
import smalti.tensor.backend.BackendProvider;
import smalti.tensor.backend.Backends;

/// Holds what commands make of `--device` where there is one.
class GpuDeviceOptionTest {
  private static final List<BackendProvider.Device> DEVICES = new GpuProvider().devices();

  /// Is what a command printed.
  private record Said(int code, String out, String err) {}

  private static Said run(String... words) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
    try {
      int code = Smalti.run(words);
      return new Said(
          code,
          said.toString(StandardCharsets.UTF_8),
          complained.toString(StandardCharsets.UTF_8).strip());
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private static Benchmarks.Request bench(String device) {
    BenchCommand command = new BenchCommand();
    new CommandLine(command).parseArgs("sgemm", "--device", device);
    return command.request();
  }

  private static String backendFor(String device) throws Exception {
    DeviceOption option = new DeviceOption();
    new CommandLine(CommandLine.Model.CommandSpec.create().addMixin("device", spec(option)))
        .parseArgs("--device", device);
    return option.with(() -> Backends.current().name());
  }

  private static CommandLine.Model.CommandSpec spec(DeviceOption option) {
    return CommandLine.Model.CommandSpec.forAnnotatedObject(option);
  }

  @Test
  void computesWhereItIsAsked() throws Exception {
    assertThat(backendFor("cpu")).isEqualTo(Backends.current().name()).isNotEqualTo("gpu");
    assertThat(backendFor("gpu")).isEqualTo("gpu");
    assertThat(backendFor("gpu:0")).isEqualTo("gpu");
    assertThat(backendFor("auto")).isEqualTo("gpu");
  }

  @Test
  void benchMeasuresTheDeviceBesideTheCpuAlone() {
    for (String device : List.of("gpu", "gpu:0", "auto")) {
      assertThat(bench(device).device()).isEqualTo("gpu:0");
      assertThat(bench(device).peers()).containsExactly("none");
    }
    assertThat(bench("cpu").device()).isNull();
    assertThat(bench("cpu").peers()).as("no names mean all").isEmpty();
    String absent = "gpu:" + DEVICES.size();
    assertThatThrownBy(() -> bench(absent)).isInstanceOf(UserError.class);
  }

  @Test
  void aDeviceThatIsNotThereIsOneLine() {
    int last = DEVICES.size() - 1;
    for (String command :
        List.of("demo", "train vae --out none --data shapes", "generate --run none x")) {
      Said said = run((command + " --device gpu:" + (last + 1)).split(" ", -1));
      assertThat(said.code()).as(command).isEqualTo(2);
      assertThat(said.err())
          .isEqualTo(
              "smalti: --device gpu:%d: the last one is gpu:%d; see smalti devices"
                  .formatted(last + 1, last));
    }
  }

  @Test
  void devicesListsWhatThereIs() {
    Said said = run("devices");
    assertThat(said.code()).isZero();
    assertThat(said.out()).startsWith("cpu ");
    for (int i = 0; i < DEVICES.size(); i++) {
      assertThat(said.out()).contains("gpu:%d   %s".formatted(i, DEVICES.get(i).description()));
    }
  }
}
