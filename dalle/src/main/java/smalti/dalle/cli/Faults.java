package smalti.dalle.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;
import smalti.dalle.train.DivergedException;

/// Says in one line what went wrong.
final class Faults {
  private static final int PLACES = 3;

  private Faults() {}

  /// Returns whether an exception tells of something that the user can mend: files, flags, numbers
  /// in a configuration. The libraries describe those in whole sentences.
  static boolean ofUser(Exception e) {
    return e instanceof UserError
        || e instanceof DivergedException
        || e instanceof IOException
        || e instanceof UncheckedIOException
        || e instanceof IllegalArgumentException;
  }

  /// Returns the message of an exception as a sentence; the terse ones of the file system are spelt
  /// out.
  static String sentence(Exception e) {
    return switch (e) {
      case UncheckedIOException u when u.getCause() != null -> sentence(u.getCause());
      case NoSuchFileException n -> n.getFile() + ": not found";
      case AccessDeniedException a -> a.getFile() + ": permission denied";
      case FileAlreadyExistsException f -> f.getFile() + ": is a file, not a folder";
      case NotDirectoryException n -> n.getFile() + ": is not a folder";
      case FileSystemException f when f.getReason() != null -> f.getFile() + ": " + f.getReason();
      case CharacterCodingException _ -> "a text file is not UTF-8";
      default -> isBlank(e.getMessage()) ? unexpected(e) : String.valueOf(e.getMessage());
    };
  }

  private static boolean isBlank(@Nullable String text) {
    return text == null || text.isBlank();
  }

  /// Returns a line that a maintainer can use: what was thrown, and the places nearest to it.
  static String unexpected(Throwable e) {
    StringBuilder text = new StringBuilder("a fault of smalti itself, please report it: ");
    text.append(e);
    StackTraceElement[] places = e.getStackTrace();
    for (int i = 0; i < Math.min(PLACES, places.length); i++) {
      text.append(" < ").append(places[i]);
    }
    return text.toString();
  }

  /// Returns a text as one line.
  static String line(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
