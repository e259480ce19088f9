package smalti.dalle.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Tells what was found in a folder, and what was left out and why.
///
/// @param folder the folder
/// @param images how many image files it holds
/// @param used how many of them became examples
/// @param problems what was left out, in the order of the files' names
public record FolderReport(Path folder, int images, int used, List<Problem> problems) {
  private static final int NAMED = 5;

  /// Names a kind of problem.
  public enum Kind {
    /// An image file that cannot be read.
    BROKEN_IMAGE("broken image", "broken images"),
    /// An image without a text file of the same stem beside it.
    NO_CAPTION_FILE("image without a caption file", "images without a caption file"),
    /// An image whose text file cannot be read or has no line with a word.
    EMPTY_CAPTION("image with an empty caption file", "images with an empty caption file"),
    /// A text file without an image of the same stem beside it.
    NO_IMAGE("caption file without an image", "caption files without an image");

    private final String one;
    private final String many;

    Kind(String one, String many) {
      this.one = one;
      this.many = many;
    }

    private String count(long count) {
      return count + " " + (count == 1 ? one : many);
    }
  }

  /// Holds one file that was left out.
  ///
  /// @param file its path within the folder, with slashes
  /// @param kind the kind of problem
  /// @param reason a sentence on what is wrong
  public record Problem(String file, Kind kind, String reason) {}

  /// Copies the list.
  public FolderReport {
    problems = List.copyOf(problems);
  }

  /// Returns how many problems of a kind there are.
  public long count(Kind kind) {
    return problems.stream().filter(problem -> problem.kind == kind).count();
  }

  /// Returns everything in one line, with the names of the first few files of each kind.
  public String summary() {
    String head = "%d of %d images in %s are used".formatted(used, images, folder);
    String rest =
        Arrays.stream(Kind.values())
            .filter(kind -> count(kind) > 0)
            .map(kind -> kind.count(count(kind)) + " (" + names(kind) + ")")
            .collect(Collectors.joining("; "));
    return rest.isEmpty() ? head + "." : head + "; left out: " + rest + ".";
  }

  private String names(Kind kind) {
    String names =
        problems.stream()
            .filter(problem -> problem.kind == kind)
            .limit(NAMED)
            .map(Problem::file)
            .collect(Collectors.joining(", "));
    return count(kind) > NAMED ? names + ", …" : names;
  }
}
