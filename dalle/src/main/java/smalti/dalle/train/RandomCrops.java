package smalti.dalle.train;

import java.io.IOException;
import smalti.dalle.data.Augmentation;
import smalti.dalle.data.CaptionedData;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Cuts training pictures at random for each update, as the paper does in stage 1 (Ramesh et al.
/// 2021, listing 1).
public final class RandomCrops {
  private final PictureSet pictures;
  private final CaptionedData larger;
  private final Augmentation augmentation;
  private final int size;

  private RandomCrops(PictureSet pictures, CaptionedData larger) {
    this.pictures = pictures;
    this.larger = larger;
    this.size = pictures.data().pictureSize();
    this.augmentation = new Augmentation.Vae(size);
  }

  /// Reads the pictures of a set once more, 12/8 as large, which is the most that the listing cuts
  /// from.
  ///
  /// @param data the name that the command line knows the set by
  /// @throws IOException if it cannot be read
  public static RandomCrops of(PictureSet pictures, String data) throws IOException {
    int larger = Math.round(12f / 8f * pictures.data().pictureSize());
    return new RandomCrops(pictures, CaptionedData.open(data, larger));
  }

  /// Returns a crop of each picture, as (B, 3, H, W) of `[0, 1]`.
  ///
  /// @param which pictures of the set
  /// @param flip whether each is mirrored with probability ½
  Tensor crop(int[] which, boolean flip, Random random) {
    int length = 3 * size * size;
    float[] out = new float[which.length * length];
    for (int i = 0; i < which.length; i++) {
      var picture = larger.example(pictures.index(which[i])).picture();
      var choice = augmentation.choose(picture.width(), picture.height(), random.split(i));
      choice.mirrored(flip && choice.mirrored()).apply(picture, size).copyTo(out, i * length);
    }
    return Tensor.of(out, which.length, 3, size, size);
  }
}
