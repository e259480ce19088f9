package smalti.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import smalti.tensor.AttentionPattern;
import smalti.tensor.backend.DeviceMeter.Split;

/// Holds what passes between us and the script that does the work with PyTorch. Where a PyTorch is,
/// the script itself can be run: `./smalti bench --device gpu --pytorch python3`.
class PyTorchTest {
  private static final List<Work> WORKS = OursTest.tiny();

  private static String said(Work work, long parameters) {
    return "PyTorch 2 on a card, eager, 32-bit floats\n%s\t2.5\t%d\n"
        .formatted(work.name(), parameters);
  }

  /// Every field that the script reads of a piece of work is one that we write.
  @Test
  void theScriptIsToldWhatItReads() throws IOException {
    JsonNode request = new ObjectMapper().readTree(PyTorch.request("a card", WORKS));
    assertThat(request.get("device").asText()).isEqualTo("a card");
    assertThat(request.get("works")).hasSize(WORKS.size() - 2); // no sampling, no stack
    List<String> fields = new ArrayList<>();
    Matcher reads = Pattern.compile("\\bw\\[\"(\\w+)\"]").matcher(PyTorch.script());
    while (reads.find()) {
      fields.add(reads.group(1));
    }
    assertThat(fields).hasSizeGreaterThan(40);
    assertThat(fields)
        .allSatisfy(field -> assertThat(request.get("works").findValues(field)).isNotEmpty());
    assertThat(request.get("works"))
        .allSatisfy(work -> assertThat(PyTorch.script()).contains(work.get("work").asText() + "="));
  }

  @Test
  void masksAreThePatterns() {
    AttentionPattern row = new AttentionPattern.Row(1, 2);
    assertThat(PyTorchWork.of(new Work.Attention(1, 1, 3, 4, row, "row")).get("mask"))
        .isEqualTo(List.of("100", "110", row.allows(2, 1) ? "111" : "101"));
    AttentionPattern causal = new AttentionPattern.Causal();
    assertThat(PyTorchWork.of(new Work.Attention(1, 1, 3, 4, causal, "causal")).get("mask"))
        .isEqualTo(List.of());
  }

  @Test
  void anotherModelIsRefused() throws IOException {
    for (Work work : WORKS) {
      long ours =
          switch (work) {
            case Work.TransformerStep w -> Models.transformer(w.config()).parameterCount();
            case Work.VaeStep w -> Models.vae(w.config()).parameterCount();
            default -> 0;
          };
      PyTorch theirs = PyTorch.parse(said(work, ours), WORKS);
      assertThat(theirs.milliseconds()).containsExactly(Map.entry(work.name(), 2.5));
      assertThat(theirs.settings()).startsWith("PyTorch 2 on a card");
      assertThatThrownBy(() -> PyTorch.parse(said(work, ours + 1), WORKS))
          .hasMessage(
              "%s: PyTorch's model has %d parameters, ours %d"
                  .formatted(work.name(), ours + 1, ours));
    }
  }

  @Test
  void timesAreDividedByOurs() throws IOException {
    Work work = WORKS.getFirst();
    Split ours = new Split(5, 2, 1, 0, 0, 1, Map.of());
    List<String> table =
        BesidePyTorch.table(PyTorch.parse(said(work, 0), WORKS), Map.of(work.name(), ours));
    assertThat(table.get(2).split(" +", -1))
        .containsExactly(work.name(), "5.000", "2.000", "2.500", "0.500", "1.250");
  }

  private static String printed(String python, String device) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    BesidePyTorch.print(python.isEmpty() ? null : python, device, WORKS, Map.of(), out);
    return bytes.toString(StandardCharsets.UTF_8).strip();
  }

  @Test
  void withoutACardOfNvidiaALineSaysSo() throws IOException {
    assertThat(printed("", "pthread, CPU by OPENCL"))
        .isEqualTo("PyTorch: left out, as this is no card of NVIDIA's; see --pytorch");
  }

  @Test
  void aPythonThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> printed("no-such-python", "NVIDIA H200, GPU by PTX"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no-such-python");
  }
}
