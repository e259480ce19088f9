package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// Holds what `--device` makes of `bench` where no device but the CPU is.
class BenchCommandTest {
  private static Benchmarks.Request request(String... words) {
    BenchCommand command = new BenchCommand();
    new CommandLine(command).parseArgs(words);
    return command.request();
  }

  @Test
  void theCpuIsMeasuredBesideItsPeers() {
    Benchmarks.Request plain = request("sgemm");
    assertThat(plain.device()).isNull();
    assertThat(plain.peers()).as("no names mean all").isEmpty();
    assertThat(request("sgemm", "--device", "cpu")).isEqualTo(plain);
    assertThat(request("sgemm", "--device", "auto")).isEqualTo(plain);
  }

  @Test
  void whatIsNotThereIsSaid() {
    assertThatThrownBy(() -> request("--device", "gpu"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("--device gpu: TornadoVM is not here: sdk install tornadovm");
    assertThatThrownBy(() -> request("--device", "tpu"))
        .isInstanceOf(UserError.class)
        .hasMessage("--device is cpu, gpu, gpu:N or auto; got tpu");
    assertThatThrownBy(() -> request("--pytorch", "python3"))
        .isInstanceOf(UserError.class)
        .hasMessage("--pytorch is for --device gpu: it measures the same card");
  }

  @Test
  void autoSaysWhatItCameTo() {
    Cli.Outcome outcome = Cli.run("generate", "--run", "nowhere", "--device", "auto", "x");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).hasSize(1);
    assertThat(outcome.out().getFirst())
        .startsWith("device cpu, as no other can be used: TornadoVM is not here");
  }
}
