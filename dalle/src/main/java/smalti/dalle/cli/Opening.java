package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.EmojiData;
import smalti.dalle.data.FolderData;
import smalti.dalle.data.ShapesData;

/// Opens data sets and says what is in them.
final class Opening {
  private Opening() {}

  /// Returns what a run notes of `--data`: a built-in set's name, or a folder's absolute path, so
  /// that the run can be resumed from anywhere.
  static String name(String what) {
    if (what.isBlank()) {
      throw new UserError("--data is empty; it takes emoji, shapes, or a folder");
    }
    return isBuiltIn(what) ? what : Path.of(what).toAbsolutePath().normalize().toString();
  }

  private static boolean isBuiltIn(String what) {
    return what.equals(EmojiData.NAME) || what.equals(ShapesData.NAME);
  }

  /// Opens a set.
  ///
  /// @param what as [#name] returns it
  static CaptionedData data(String what, int size, Progress progress) throws IOException {
    if (!isBuiltIn(what) && !Files.exists(Path.of(what))) {
      throw new UserError(
          "there is no folder %s, and the built-in sets are emoji and shapes".formatted(what));
    }
    CaptionedData data = CaptionedData.open(what, size);
    progress.say("data  %s: %d pictures at %d px".formatted(data.name(), data.size(), size));
    if (data instanceof FolderData folder) {
      progress.say("data  " + folder.report().summary());
    }
    return data;
  }
}
