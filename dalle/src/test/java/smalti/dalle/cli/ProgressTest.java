package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.Stage;
import smalti.dalle.train.TrainingLoop.Report;

class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long now = -5;

  /// Is update `done` of 100.
  private record Update(long done) implements Stage {
    @Override
    public String name() {
      return "vae";
    }

    @Override
    public long steps() {
      return 100;
    }

    @Override
    public int batch() {
      return 1;
    }

    @Override
    public Map<String, Double> advance() {
      throw new AssertionError();
    }

    @Override
    public void save(RunFolder folder) {
      throw new AssertionError();
    }

    Report report() {
      return new Report(this, Map.of("loss", 0.12345), 1234.5, Duration.ofSeconds(3725 - done));
    }
  }

  private Progress progress(boolean terminal) {
    return new Progress(out, terminal, () -> now);
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }

  private void seconds(double s) {
    now += Math.round(s * 1e9);
  }

  @Test
  void aSlowTrainingHasTenthsOfSamples() {
    progress(false)
        .step(new Report(new Update(1), Map.of("loss", 0.12345), 0.449, Duration.ofSeconds(9)));
    assertThat(printed()).isEqualTo("vae   step 1/100  loss 0.1235  0.4 samples/s  0:09 left\n");
  }

  @Test
  void aLogHasPlainLinesSomeSecondsApart() {
    Progress progress = progress(false);
    for (int step = 1; step <= 100; step++) {
      progress.step(new Update(step).report());
      seconds(0.4);
    }
    progress.say("done");
    assertThat(printed().lines())
        .containsExactly(
            "vae   step 1/100  loss 0.1235  1235 samples/s  1:02:04 left",
            "vae   step 26/100  loss 0.1235  1235 samples/s  1:01:39 left",
            "vae   step 51/100  loss 0.1235  1235 samples/s  1:01:14 left",
            "vae   step 76/100  loss 0.1235  1235 samples/s  1:00:49 left",
            "vae   step 100/100  loss 0.1235  1235 samples/s  1:00:25 left",
            "done");
    assertThat(printed()).doesNotContain("\r");
  }

  @Test
  void aTerminalHasOneLineThatChanges() {
    Progress progress = progress(true);
    progress.show("a long line", false);
    progress.show("too soon", false);
    seconds(0.3);
    progress.show("short", false);
    progress.say("kept");
    seconds(0.3);
    progress.show("more", false);
    progress.show("last", true);
    progress.say("end");
    assertThat(printed()).isEqualTo("\ra long line\rshort      \r     \rkept\n\rmore\rlast\nend\n");
  }

  @Test
  void anEndLeavesTheLineThatWasShown() {
    Progress progress = progress(true);
    progress.show("step 5", false);
    progress.end();
    progress.end();
    progress.say("stopped");
    assertThat(printed()).isEqualTo("\rstep 5\nstopped\n");
  }

  @Test
  void theClockHasHoursWhereThereAreAny() {
    assertThat(Progress.clock(Duration.ofSeconds(59))).isEqualTo("0:59");
    assertThat(Progress.clock(Duration.ofSeconds(3599))).isEqualTo("59:59");
    assertThat(Progress.clock(Duration.ofHours(30))).isEqualTo("30:00:00");
  }
}
