package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.TinyRun;
import smalti.dalle.train.VaeTrainer;
import smalti.dalle.vae.DiscreteVae;

/// Stops the program from outside, as Ctrl-C and a full disk do, in processes of its own.
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ProcessTest {
  private static final int PATIENCE_SECONDS = 120;

  @TempDir private Path root;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void leaveNoneBehind() {
    started.forEach(Process::destroyForcibly);
  }

  /// Waits for a signal, without a training or within one that does not stop.
  static final class Waiting {
    private Waiting() {}

    public static void main(String[] args) throws InterruptedException {
      Interrupt interrupt = Interrupt.listen();
      if (args[0].equals("training")) {
        interrupt.trainingBegins();
      }
      System.out.println("ready");
      Thread.sleep(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    }
  }

  /// Is a process whose messages go to a file.
  private record Child(Process process, BufferedReader out, Path err) {
    /// Reads lines until one begins so, and returns it.
    String await(String start) throws IOException {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(start)) {
          return line;
        }
      }
      throw new AssertionError("no line " + start + "; " + messages());
    }

    /// Sends Ctrl-C's signal, or SIGTERM where the former is ignored, as it is by processes that a
    /// shell runs in the background; returns the exit code it should lead to.
    int interrupt() throws IOException, InterruptedException {
      Path status = Path.of("/proc/%d/status".formatted(process.pid()));
      boolean ignored =
          Files.exists(status)
              && Files.readAllLines(status).stream()
                  .filter(line -> line.startsWith("SigIgn:"))
                  .anyMatch(
                      line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
      String signal = ignored ? "TERM" : "INT";
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
      return ignored ? 143 : 130;
    }

    int code() throws InterruptedException {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    }

    List<String> messages() throws IOException {
      return Files.readAllLines(err).stream().filter(line -> !line.contains("incubator")).toList();
    }
  }

  private Child start(String prefix, Class<?> main, Object... args) throws IOException {
    String java =
        "%s/bin/java -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xmx512m -Djava.awt.headless=true"
            .formatted(System.getProperty("java.home"));
    String module = " --add-modules jdk.incubator.vector ";
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                prefix + "exec " + java + module + "-cp \"$0\" '" + main.getName() + "' \"$@\"",
                System.getProperty("java.class.path")));
    for (Object arg : args) {
      command.add(arg.toString());
    }
    Path err = root.resolve("err-" + main.getSimpleName());
    Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
    started.add(process);
    return new Child(process, process.inputReader(StandardCharsets.UTF_8), err);
  }

  @Test
  void anInterruptedDemoIsSavedAndCanBeResumed() throws Exception {
    RunConfig config = TinyRun.config("shapes", 1_000_000, 10);
    RunFolder folder = TinyRun.begun(root.resolve("run"), config);
    Child child = start("", Smalti.class, "demo", "--resume", "--out", folder.path());
    child.await("vae   step ");
    int code = child.interrupt();
    assertThat(child.code()).isEqualTo(code);
    VaeTrainer<DiscreteVae> trainer = TinyRun.vaeTrainer(config, TinyRun.pictures(config));
    trainer.resume(folder);
    assertThat(trainer.done()).isPositive();
    assertThat(child.messages())
        .containsExactly(
            "smalti: vae stopped at step %d of 1000000 and is saved; go on with: smalti demo --resume --out %s"
                .formatted(trainer.done(), folder.path()));
    assertThat(Files.readAllLines(folder.history("vae"))).hasSize((int) trainer.done() + 1);
    assertThat(folder.seconds()).isPositive();
    assertThat(folder.file("vae.safetensors")).doesNotExist();
    assertNoTemporaryFiles(folder.path());
  }

  @Test
  void aSignalOutsideOfATrainingEndsAtOnce() throws Exception {
    Child child = start("", Waiting.class, "nothing");
    child.await("ready");
    int code = child.interrupt();
    assertThat(child.code()).isEqualTo(code);
    assertThat(child.messages()).containsExactly("smalti: interrupted");
  }

  @Test
  void aSecondSignalEndsATrainingThatDoesNotStop() throws Exception {
    Child child = start("", Waiting.class, "training");
    child.await("ready");
    int code = child.interrupt();
    Thread.sleep(500);
    assertThat(child.process().isAlive()).isTrue();
    assumeThat(code).isEqualTo(130); // where Ctrl-C is ignored there is no second one
    child.interrupt();
    assertThat(child.code()).isEqualTo(130);
    assertThat(child.messages())
        .containsExactly("smalti: interrupted before the training could be saved once more");
  }

  @Test
  void aFileThatCannotGrowIsLeftAsItWas() throws Exception {
    RunConfig config = TinyRun.config("shapes", 1, 1);
    RunFolder folder = TinyRun.begun(root.resolve("run"), config);
    // No file may be larger than 16 blocks, 8 or 16 KiB: the state of a training is.
    Child child = start("ulimit -f 16; ", Smalti.class, "train", "vae", "--out", folder.path());
    assertThat(child.code()).isEqualTo(2);
    assertThat(child.messages()).singleElement().asString().startsWith("smalti: " + root);
    assertThat(child.messages().getFirst()).contains("vae-training.safetensors", "too large");
    assertThat(folder.file("vae-training.safetensors")).doesNotExist();
    assertNoTemporaryFiles(folder.path());
  }

  private static void assertNoTemporaryFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files.map(Path::toString))
          .noneMatch(name -> name.endsWith(".tmp") || name.endsWith(".part"));
    }
  }
}
