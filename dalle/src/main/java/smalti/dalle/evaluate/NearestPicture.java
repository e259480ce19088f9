package smalti.dalle.evaluate;

import smalti.dalle.data.Example;
import smalti.dalle.data.Picture;
import smalti.dalle.train.PictureSet;

/// Finds, for a generated picture, the nearest picture of a set by squared pixel distance.
public final class NearestPicture {
  private final PictureSet pictures;

  /// Makes a search over a set.
  public NearestPicture(PictureSet pictures) {
    this.pictures = pictures;
  }

  /// Returns the example whose picture is nearest.
  public Example of(Picture picture) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < pictures.count(); i++) {
      double distance = example(i).picture().meanSquaredError(picture);
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return example(best);
  }

  private Example example(int i) {
    return pictures.data().example(pictures.index(i));
  }
}
