package smalti.tests.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The main source files of the four library modules, found from the folder the tests run in.
record MainSources(String module, Path folder, List<Path> files) {
  static final List<String> MODULES = List.of("tensor", "autograd", "nn", "dalle");

  /// Returns the sources of all modules, in the order of their dependencies; none is empty.
  static List<MainSources> all() {
    return MODULES.stream().map(MainSources::of).toList();
  }

  /// Returns the sources of the libraries, the benchmarks and their peers.
  static List<MainSources> withBench() {
    return Stream.concat(MODULES.stream(), Stream.of("bench", "bench/peers"))
        .map(MainSources::of)
        .toList();
  }

  private static MainSources of(String module) {
    Path folder = projectRoot().resolve(module).resolve("src/main/java");
    try (Stream<Path> walk = Files.walk(folder)) {
      List<Path> files = walk.filter(f -> f.toString().endsWith(".java")).sorted().toList();
      assertThat(files).as("sources of %s", module).isNotEmpty();
      return new MainSources(module, folder, files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path projectRoot() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isRegularFile(folder.resolve("tensor/pom.xml"))) {
      folder = folder.getParent();
      assertThat(folder)
          .as("a folder above %s that holds the project", Path.of("").toAbsolutePath())
          .isNotNull();
    }
    return folder;
  }

  /// Returns the full name of the top-level class that a file declares.
  String className(Path file) {
    String path = folder.relativize(file).toString();
    return path.substring(0, path.length() - ".java".length()).replace('/', '.').replace('\\', '.');
  }
}
