package smalti.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Is a written page of the project, found from the folder the tests run in.
record Page(Path file, String text) {
  /// A link to a file, `[text](target)`; pictures (`![…](…)`) come with the runs that made them.
  private static final Pattern LINK = Pattern.compile("(?<!!)\\[[^\\]\\n]*\\]\\(([^)\\s]+)\\)");

  private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```$");

  static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isRegularFile(folder.resolve("tensor/pom.xml"))) {
      folder = folder.getParent();
      assertThat(folder).as("the folder that holds the project").isNotNull();
    }
    return folder;
  }

  static Page of(String path) throws IOException {
    Path file = root().resolve(path);
    return new Page(file, Files.readString(file));
  }

  /// Returns the pages at the top and all of `docs`.
  static List<Page> all() throws IOException {
    List<Page> pages = new ArrayList<>(List.of(of("README.md"), of("CONTRIBUTING.md")));
    try (Stream<Path> walk = Files.walk(root().resolve("docs"))) {
      for (Path file : walk.filter(f -> f.toString().endsWith(".md")).sorted().toList()) {
        pages.add(new Page(file, Files.readString(file)));
      }
    }
    return pages;
  }

  /// Returns the targets of links that are not addresses of the web.
  List<String> localLinks() {
    List<String> links = new ArrayList<>();
    Matcher matcher = LINK.matcher(FENCE.matcher(text).replaceAll(""));
    while (matcher.find()) {
      if (!matcher.group(1).matches("[a-z]+:.*")) {
        links.add(matcher.group(1));
      }
    }
    return links;
  }

  /// Returns whether a link's file, and the heading it names, if any, are there.
  boolean leadsSomewhere(String link) throws IOException {
    int hash = link.indexOf('#');
    String path = hash < 0 ? link : link.substring(0, hash);
    Path target = path.isEmpty() ? file : file.resolveSibling(path).normalize();
    if (!Files.exists(target)) {
      return false;
    }
    return hash < 0 || anchors(Files.readString(target)).contains(link.substring(hash + 1));
  }

  private static Set<String> anchors(String text) {
    return text.lines()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ *", "").toLowerCase(Locale.ROOT))
        .map(line -> line.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }
}
