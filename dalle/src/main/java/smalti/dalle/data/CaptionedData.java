package smalti.dalle.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.IntStream;
import smalti.tensor.Random;

/// Holds captioned pictures of one size with a fixed split into a training and a held-out part.
///
/// Examples are numbered from 0; all methods are pure and may be called from several threads.
public interface CaptionedData {
  /// Returns the name that the command line knows the set by.
  String name();

  /// Returns the width and height of the pictures.
  int pictureSize();

  /// Returns how many examples there are, both parts together.
  int size();

  /// Returns one example.
  ///
  /// @throws IndexOutOfBoundsException when `index` is not in `[0, size())`
  Example example(int index);

  /// Returns which part an example belongs to.
  Split split(int index);

  /// Returns the numbers of the examples of one part, ascending.
  default int[] indices(Split split) {
    return IntStream.range(0, size()).filter(index -> split(index) == split).toArray();
  }

  /// Draws one of the captions of an example.
  default String caption(int index, Random random) {
    var captions = example(index).captions();
    return captions.get(random.nextInt(captions.size()));
  }

  /// Chooses up to `count` examples of one part to show, always the same ones, in an order that
  /// mixes the set.
  default int[] showcase(Split split, int count) {
    return IntStream.of(indices(split))
        .boxed()
        .sorted(Comparator.comparingDouble(index -> StableHash.fraction("show " + key(index))))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private String key(int index) {
    Example example = example(index);
    return example.concept() + " | " + example.caption();
  }

  /// Opens the set of that name, `emoji` or `shapes`, or else the folder of that path.
  ///
  /// @param what a set's name or a folder
  /// @param pictureSize the width and height that pictures are brought to
  /// @throws IOException when there is no such set and no such folder, or the folder has no picture
  ///   that can be used; the message is a whole sentence
  /// @throws IllegalArgumentException when the set cannot be had at that size
  static CaptionedData open(String what, int pictureSize) throws IOException {
    return switch (what) {
      case EmojiData.NAME -> EmojiData.of(pictureSize);
      case ShapesData.NAME -> ShapesData.of(pictureSize);
      default -> FolderData.open(Path.of(what), pictureSize);
    };
  }
}
