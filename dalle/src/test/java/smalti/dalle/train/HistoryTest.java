package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistoryTest {
  @TempDir private Path folder;

  private static Map<String, Double> numbers(double loss, double lr) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("loss", loss);
    numbers.put("lr", lr);
    return numbers;
  }

  @Test
  void isReadAsItWasWritten() throws IOException {
    History history = new History();
    history.add(1, numbers(2.0 / 3, 1e-9));
    history.add(2, numbers(-12345.678, 0));
    history.add(3, Map.of("loss", 4.0));
    Path file = folder.resolve("history.csv");
    history.write(file);
    assertThat(Files.readAllLines(file).getFirst()).isEqualTo("step,loss,lr");
    History again = History.read(file, Long.MAX_VALUE);
    assertThat(again.columns()).containsExactly("step", "loss", "lr");
    assertThat(again.column("step")).containsExactly(1, 2, 3);
    assertThat(again.column("loss")).containsExactly(0.666667, -12345.7, 4); // six digits
    assertThat(again.column("lr")[0]).isCloseTo(1e-9, within(1e-15));
    assertThat(again.column("lr")[2]).isNaN();
    Path second = folder.resolve("again.csv");
    again.write(second);
    assertThat(second).hasSameTextualContentAs(file); // rounding twice changes nothing
  }

  @Test
  void isReadUpToAStepAndGoesOn() throws IOException {
    History history = new History();
    for (int step = 1; step <= 5; step++) {
      history.add(step, numbers(step, 1));
    }
    Path file = folder.resolve("history.csv");
    history.write(file);
    History part = History.read(file, 3);
    part.add(4, numbers(44, 1));
    assertThat(part.column("step")).containsExactly(1, 2, 3, 4);
    assertThat(part.column("loss")).containsExactly(1, 2, 3, 44);
  }

  @Test
  void aMissingFileIsAnEmptyHistory() throws IOException {
    assertThat(History.read(folder.resolve("none.csv"), 9).size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "step,loss\n1", "step,loss\n1,many\n", "\u0000\u00ff"})
  void saysWhichFileIsDamaged(String content) throws IOException {
    Path file = folder.resolve("history.csv");
    Files.write(file, content.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> History.read(file, 9))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ": not a table of training numbers");
  }

  @Test
  void namesTheColumnsThatThereAre() {
    History history = new History();
    history.add(1, numbers(1, 1));
    assertThatThrownBy(() -> history.column("kl"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("kl")
        .hasMessageContaining("loss");
  }
}
