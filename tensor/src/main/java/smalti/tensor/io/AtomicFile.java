package smalti.tensor.io;

import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/// Writes files whole: into a temporary file beside the target, which then takes the target's place
/// in one step. Whenever a program or machine stops, there is the old file or the new one.
public final class AtomicFile {
  private static final AtomicLong COUNT = new AtomicLong();

  private AtomicFile() {}

  /// Writes the content of a file.
  @FunctionalInterface
  public interface Content {
    /// Writes everything to `out` and does not close it.
    void writeTo(OutputStream out) throws IOException;
  }

  /// Replaces or makes a file. The bytes are on the disk when it returns; on failure the temporary
  /// file is removed and the target is as before.
  ///
  /// It is safe on an interrupted thread, so that a run that is being stopped can still be saved.
  ///
  /// @throws IOException if the folder is missing or not writable or the disk is full; the message
  ///   is one sentence that begins with the path
  public static void write(Path target, Content content) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException(
          "%s: cannot be written: there is no folder %s".formatted(target, folder));
    }
    if (Files.isDirectory(target)) {
      throw new IOException("%s: cannot be written: it is a folder".formatted(target));
    }
    Path temporary = temporary(folder, target);
    try {
      // A file stream, since channels are closed when their thread is interrupted.
      try (FileOutputStream file = new FileOutputStream(temporary.toFile());
          OutputStream out = new BufferedOutputStream(file, 1 << 16)) {
        content.writeTo(out);
        out.flush();
        file.getFD().sync();
      }
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new IOException("%s: cannot be written: %s".formatted(target, reason(e)), e);
    } finally {
      Files.deleteIfExists(temporary);
    }
    syncFolder(folder);
  }

  private static Path temporary(Path folder, Path target) {
    long pid = ProcessHandle.current().pid();
    String name = ".%s.%d-%d.tmp".formatted(target.getFileName(), pid, COUNT.getAndIncrement());
    return folder.resolve(name);
  }

  /// Drops the name of the temporary file, which means nothing to people.
  private static String reason(IOException e) {
    String message = String.valueOf(e.getMessage());
    int start = message.lastIndexOf('(');
    return e instanceof FileNotFoundException && start >= 0
        ? message.substring(start + 1).replace(")", "")
        : message;
  }

  /// Makes the file's new name lasting, where the system allows folders to be opened.
  private static void syncFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows cannot; the file itself is complete all the same.
    }
  }
}
