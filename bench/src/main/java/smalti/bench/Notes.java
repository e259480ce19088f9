package smalti.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// Carries what a forked process finds out beside its times to the process that started it: lines
/// of peer, difference and settings, parted by tabs, in a file named by a system property.
final class Notes {
  static final String PROPERTY = "smalti.bench.notes";

  private Notes() {}

  /// Is one note.
  record Note(String peer, double difference, String settings) {}

  static void difference(String peer, double difference, String settings) {
    String file = System.getProperty(PROPERTY);
    if (file == null) {
      return;
    }
    String line = peer + "\t" + difference + "\t" + settings.replaceAll("\\s+", " ") + "\n";
    try {
      Files.writeString(Path.of(file), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Note> read(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(line -> line.split("\t", 3))
        .map(part -> new Note(part[0], Double.parseDouble(part[1]), part[2]))
        .toList();
  }
}
