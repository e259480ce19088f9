package smalti.dalle.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Reads a folder of images with captions: beside `cat.jpg` lies `cat.txt`, and each of its lines
/// is one caption. Sub-folders are read too, in the order of their names.
///
/// Images (PNG, JPEG, WebP, GIF) may have any size: the square in the middle is brought to the
/// wanted size by area. Files that cannot be used are counted and named in [#report()], and reading
/// goes on. One image in ten is held out, chosen by a hash of its path within the folder, so that
/// adding files moves none from one part to the other.
public final class FolderData implements CaptionedData {
  /// The share of images that is held out unless another is asked for.
  public static final double HELD_OUT = 0.1;

  private static final Set<String> IMAGE_ENDINGS = Set.of("png", "jpg", "jpeg", "webp", "gif");

  private final Path folder;
  private final int pictureSize;
  private final List<Example> examples;
  private final List<Split> splits;
  private final FolderReport report;

  private FolderData(int pictureSize, double heldOut, Reading reading) {
    this.folder = reading.folder;
    this.pictureSize = pictureSize;
    this.examples = List.copyOf(reading.examples);
    List<Split> drawn =
        examples.stream()
            .map(Example::concept)
            .map(path -> StableHash.fraction("folder " + path) < heldOut)
            .map(held -> held ? Split.HELD_OUT : Split.TRAIN)
            .toList();
    // A handful of images may by chance all be held out; then there is nothing to learn from.
    this.splits =
        drawn.contains(Split.TRAIN) ? drawn : drawn.stream().map(_ -> Split.TRAIN).toList();
    this.report = new FolderReport(folder, reading.images, examples.size(), reading.problems());
  }

  /// Reads a folder and holds out one image in ten.
  ///
  /// @throws IOException when the folder is missing, empty, or has no image that can be used; the
  ///   message is a whole sentence
  public static FolderData open(Path folder, int pictureSize) throws IOException {
    return open(folder, pictureSize, HELD_OUT);
  }

  /// Reads a folder and holds out a share of the images.
  ///
  /// @param folder the folder
  /// @param pictureSize the width and height that pictures are brought to
  /// @param heldOut the share to hold out, in `[0, 1)`; in a small folder chance may hold out none
  /// @throws IOException when the folder is missing, empty, or has no image that can be used; the
  ///   message is a whole sentence
  /// @throws IllegalArgumentException when the size or the share is out of bounds
  public static FolderData open(Path folder, int pictureSize, double heldOut) throws IOException {
    if (pictureSize < 1) {
      throw new IllegalArgumentException(
          "Pictures need a size of at least 1; got " + pictureSize + ".");
    }
    if (!(heldOut >= 0 && heldOut < 1)) {
      throw new IllegalArgumentException(
          "The held-out share must be in [0, 1); got " + heldOut + ".");
    }
    if (!Files.isDirectory(folder)) {
      throw new IOException(
          Files.exists(folder)
              ? folder + " is not a folder."
              : "There is no folder " + folder + ".");
    }
    Reading reading = new Reading(folder, pictureSize);
    reading.readAll();
    if (reading.images == 0) {
      throw new IOException("The folder " + folder + " has no PNG, JPEG, WebP or GIF images.");
    }
    if (reading.examples.isEmpty()) {
      var report = new FolderReport(folder, reading.images, 0, reading.problems());
      throw new IOException("Nothing to learn from: " + report.summary());
    }
    return new FolderData(pictureSize, heldOut, reading);
  }

  @Override
  public String name() {
    Path last = folder.toAbsolutePath().normalize().getFileName();
    return last == null ? folder.toString() : last.toString();
  }

  @Override
  public int pictureSize() {
    return pictureSize;
  }

  @Override
  public int size() {
    return examples.size();
  }

  /// Returns one example; its concept is the image's path within the folder, its group the path of
  /// the sub-folder (empty at the top), its captions the lines of its text file.
  @Override
  public Example example(int index) {
    return examples.get(Objects.checkIndex(index, examples.size()));
  }

  @Override
  public Split split(int index) {
    return splits.get(Objects.checkIndex(index, splits.size()));
  }

  /// Returns what was found and what was left out.
  public FolderReport report() {
    return report;
  }

  /// Walks through a folder once and sorts what it finds.
  private static final class Reading {
    final Path folder;
    final int pictureSize;
    final List<Example> examples = new ArrayList<>();
    private final Map<String, FolderReport.Problem> problems = new TreeMap<>();
    int images;

    Reading(Path folder, int pictureSize) {
      this.folder = folder;
      this.pictureSize = pictureSize;
    }

    List<FolderReport.Problem> problems() {
      return List.copyOf(problems.values());
    }

    void readAll() throws IOException {
      Map<String, Path> files = files();
      Set<String> captioned = new HashSet<>();
      for (var file : files.entrySet()) {
        if (IMAGE_ENDINGS.contains(ending(file.getKey()))) {
          images++;
          captioned.add(stem(file.getKey()));
          read(file.getKey(), file.getValue(), files);
        }
      }
      for (String file : files.keySet()) {
        if (ending(file).equals("txt") && !captioned.contains(stem(file))) {
          problem(file, FolderReport.Kind.NO_IMAGE, "There is no image beside " + file + ".");
        }
      }
    }

    /// Lists the files by their path within the folder, written with slashes on every system.
    /// Hidden files are none of ours: some systems leave shadows of images beside them.
    private Map<String, Path> files() throws IOException {
      Map<String, Path> files = new TreeMap<>(Comparator.naturalOrder());
      try (Stream<Path> walk = Files.walk(folder)) {
        for (Path path : (Iterable<Path>) walk::iterator) {
          Path inside = folder.relativize(path);
          boolean hidden =
              IntStream.range(0, inside.getNameCount())
                  .anyMatch(i -> inside.getName(i).toString().startsWith("."));
          if (!hidden && Files.isRegularFile(path)) {
            files.put(inside.toString().replace(path.getFileSystem().getSeparator(), "/"), path);
          }
        }
      } catch (UncheckedIOException e) {
        throw new IOException(
            "The folder " + folder + " cannot be read (" + e.getMessage() + ").", e);
      }
      return files;
    }

    private void read(String name, Path path, Map<String, Path> files) {
      Path lower = files.get(stem(name) + ".txt");
      Path text = lower == null ? files.get(stem(name) + ".TXT") : lower;
      if (text == null) {
        problem(name, FolderReport.Kind.NO_CAPTION_FILE, "There is no " + stem(name) + ".txt.");
        return;
      }
      List<String> captions;
      try {
        captions = captions(text);
      } catch (IOException e) {
        problem(
            name,
            FolderReport.Kind.EMPTY_CAPTION,
            text + " cannot be read (" + e.getMessage() + ").");
        return;
      }
      if (captions.isEmpty()) {
        problem(name, FolderReport.Kind.EMPTY_CAPTION, text + " has no line with a word.");
        return;
      }
      try {
        Picture picture = Picture.read(path).fitArea(pictureSize);
        int slash = name.lastIndexOf('/');
        examples.add(new Example(picture, name, name.substring(0, Math.max(0, slash)), captions));
      } catch (IOException e) {
        problem(name, FolderReport.Kind.BROKEN_IMAGE, String.valueOf(e.getMessage()));
      }
    }

    private void problem(String file, FolderReport.Kind kind, String reason) {
      problems.put(file, new FolderReport.Problem(file, kind, reason));
    }

    /// Reads the lines that hold something, as UTF-8 or, where that fails, as Latin-1.
    private static List<String> captions(Path text) throws IOException {
      byte[] bytes = Files.readAllBytes(text);
      String all;
      try {
        all = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      } catch (CharacterCodingException _) {
        all = new String(bytes, StandardCharsets.ISO_8859_1);
      }
      return all.replace("\uFEFF", "")
          .lines()
          .map(String::strip)
          .filter(s -> !s.isEmpty())
          .toList();
    }

    private static String ending(String name) {
      return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    private static String stem(String name) {
      int dot = name.lastIndexOf('.');
      return dot > name.lastIndexOf('/') ? name.substring(0, dot) : name;
    }
  }
}
