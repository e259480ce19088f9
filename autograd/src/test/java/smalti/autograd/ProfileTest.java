package smalti.autograd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.tensor.Tensor;

class ProfileTest {
  @TempDir private Path folder;

  @Test
  void aRecordingNamesEachPassOfEachOp() throws Exception {
    Path file = folder.resolve("ops.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("smalti.Op");
      recording.start();
      Variable a = Variable.leaf(Tensor.ones(5, 7));
      Autograd.backward(a.matmul(Variable.of(Tensor.ones(7, 3))).sum());
      recording.stop();
      recording.dump(file);
    }
    List<String> lines =
        RecordingFile.readAllEvents(file).stream()
            .filter(e -> e.getString("shapes").contains("[5, 7]")) // other tests may run beside
            .map(ProfileTest::line)
            .toList();
    assertThat(lines)
        .contains(
            "forward MatMul[] [5, 7] [7, 3] → [5, 3]", "backward MatMul[] [5, 7] [7, 3] → [5, 3]");
  }

  private static String line(RecordedEvent event) {
    assertThat(event.getDuration()).isPositive();
    return "%s %s %s → %s"
        .formatted(
            event.getString("pass"),
            event.getString("op"),
            event.getString("shapes"),
            event.getString("result"));
  }
}
