package smalti.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;

/// Reads the configurations of the recorded runs as the program does when somebody repeats them.
class RecordedRunsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void theirConfigurationsCanStillBeRead(@TempDir Path folder) throws IOException {
    Path recorded = Page.root().resolve("docs/paper-run");
    List<Path> files;
    try (Stream<Path> all = Files.list(recorded)) {
      files = all.filter(f -> f.toString().endsWith(".json")).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThanOrEqualTo(2);
    for (Path file : files) {
      Files.write(folder.resolve("config.json"), Files.readAllBytes(file));
      RunConfig config = RunFolder.open(folder).config();
      // Written again it says all that the file says: no field was renamed or forgotten.
      RunFolder again = RunFolder.create(folder.resolve("again-" + file.getFileName()));
      again.writeJson("config.json", config);
      JsonNode said = JSON.readTree(Files.readString(file));
      JsonNode read = JSON.readTree(Files.readString(again.file("config.json")));
      requireSame(file.getFileName().toString(), said, read);
    }
  }

  /// Requires what one JSON value says of another, numbers by what they are.
  private static void requireSame(String at, JsonNode said, JsonNode read) {
    assertThat(read).as(at).isNotNull();
    if (said.isObject()) {
      said.properties()
          .forEach(e -> requireSame(at + "." + e.getKey(), e.getValue(), read.get(e.getKey())));
    } else if (said.isNumber()) {
      assertThat(read.doubleValue()).as(at).isEqualTo(said.doubleValue());
    } else {
      assertThat(read).as(at).isEqualTo(said);
    }
  }
}
