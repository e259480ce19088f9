package smalti.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/// Looks at the written pages: links and commands.
class PagesTest {
  private static final Pattern COMMAND = Pattern.compile("(?m)^\\./smalti (.+)$");
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  @Test
  void linksLeadToFilesAndHeadings() throws IOException {
    List<String> dead = new ArrayList<>();
    int looked = 0;
    for (Page page : Page.all()) {
      for (String link : page.localLinks()) {
        looked++;
        if (!page.leadsSomewhere(link)) {
          dead.add(Page.root().relativize(page.file()) + ": " + link);
        }
      }
    }
    assertThat(looked).as("links looked at").isGreaterThan(50);
    assertThat(dead).as("links that lead nowhere").isEmpty();
  }

  @Test
  void theProgramUnderstandsEveryCommandOnThePages() throws Exception {
    int looked = 0;
    for (Page page : Page.all()) {
      Matcher lines = COMMAND.matcher(page.text());
      while (lines.find()) {
        looked++;
        String[] words = words(lines.group(1).replaceFirst("\\s+#.*", ""));
        assertThatCode(() -> parse(words))
            .as("./smalti " + lines.group(1))
            .doesNotThrowAnyException();
      }
    }
    assertThat(looked).as("commands looked at").isGreaterThan(5);
  }

  private static String[] words(String line) {
    return WORD.matcher(line)
        .results()
        .map(m -> m.group(1) == null ? m.group(2) : m.group(1))
        .toArray(String[]::new);
  }

  /// Parses a command line as the program does, and runs nothing.
  private static ParseResult parse(String... words) throws ReflectiveOperationException {
    Constructor<?> program = Class.forName("smalti.dalle.cli.Smalti").getDeclaredConstructor();
    program.setAccessible(true);
    return new CommandLine(program.newInstance())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(words);
  }
}
