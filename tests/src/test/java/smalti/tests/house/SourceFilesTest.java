package smalti.tests.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Looks at the source files as files.
class SourceFilesTest {
  private static final int LONGEST = 400;

  @Test
  void noFileIsTooLong() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (MainSources sources : MainSources.withBench()) {
      for (Path file : sources.files()) {
        int lines = Files.readAllLines(file).size();
        if (lines > LONGEST) {
          tooLong.add(sources.className(file) + ": " + lines + " lines");
        }
      }
    }
    assertThat(tooLong).as("files of more than %d lines; make two rooms of one", LONGEST).isEmpty();
  }

  @Test
  void everyPackageSaysWhatItIsForAndIsNullMarked() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (MainSources sources : MainSources.withBench()) {
      Set<Path> packages =
          sources.files().stream()
              .map(Path::getParent)
              .filter(folder -> !folder.equals(sources.folder()))
              .collect(Collectors.toSet());
      for (Path folder : packages) {
        Path info = folder.resolve("package-info.java");
        String text = Files.exists(info) ? Files.readString(info) : "";
        if (!text.startsWith("/// ") || !text.contains("\n@NullMarked\n")) {
          wrong.add(sources.folder().relativize(folder).toString());
        }
      }
    }
    assertThat(wrong).as("packages without a documented @NullMarked package-info.java").isEmpty();
  }
}
