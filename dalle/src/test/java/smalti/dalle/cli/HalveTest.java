package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tests `--halve`; `AtScaleTest` tests what it does.
final class HalveTest {
  @Test
  void isForATransformerThatGoesOn(@TempDir Path folder) {
    for (List<Object> words :
        List.<List<Object>>of(
            List.of("train", "dalle", "--out", folder, "--halve"),
            List.of("train", "vae", "--out", folder, "--resume", "--halve"))) {
      Cli.Outcome outcome = Cli.run(words.toArray());
      assertThat(outcome.code()).isEqualTo(2);
      assertThat(outcome.err())
          .containsExactly("smalti: --halve is for: smalti train dalle --resume");
    }
  }
}
