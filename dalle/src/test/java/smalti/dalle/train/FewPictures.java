package smalti.dalle.train;

import java.util.List;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Example;
import smalti.dalle.data.Picture;
import smalti.dalle.data.Split;

/// Is a set of pictures of one colour each, from black to white; the last `heldOut` are held out.
public record FewPictures(int size, int heldOut, int pictureSize) implements CaptionedData {
  @Override
  public String name() {
    return "few";
  }

  /// Returns a picture as grey as its number is high.
  @Override
  public Example example(int index) {
    int grey = 255 * index / Math.max(1, size - 1);
    return new Example(
        Picture.filled(pictureSize, pictureSize, grey * 0x010101),
        "grey " + grey,
        grey < 128 ? "dark" : "light",
        List.of("grey number " + index));
  }

  @Override
  public Split split(int index) {
    return index < size - heldOut ? Split.TRAIN : Split.HELD_OUT;
  }
}
