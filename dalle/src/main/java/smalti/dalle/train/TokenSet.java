package smalti.dalle.train;

import java.util.stream.IntStream;
import smalti.dalle.data.Augmentation;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.tokens.ImageTokens;
import smalti.dalle.vae.CodeUse;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Holds the image tokens of a set of pictures, encoded once: of each picture as it is, or of
/// several random crops of it.
public final class TokenSet {
  private static final int BATCH = 64;

  private final PictureSet pictures;
  private final int[] tokens; // (crop, picture, position)
  private final int length;

  /// Encodes all pictures as they are.
  public TokenSet(PictureSet pictures, ImageTokens imageTokens) {
    this(
        pictures,
        imageTokens.config().tokens(),
        new int[pictures.count() * imageTokens.config().tokens()]);
    for (int from = 0; from < pictures.count(); from += BATCH) {
      int[] which = range(from, Math.min(pictures.count(), from + BATCH));
      encode(imageTokens, pictures.pictures(which), from);
    }
  }

  /// Takes tokens that were encoded before.
  TokenSet(PictureSet pictures, int length, int[] tokens) {
    this.pictures = pictures;
    this.length = length;
    this.tokens = tokens;
  }

  /// Encodes random crops of all pictures (Ramesh et al. 2021, listing 2).
  ///
  /// @param larger the same data at a size from which crops can be cut
  /// @param crops of each picture
  public static TokenSet ofCrops(
      PictureSet pictures,
      CaptionedData larger,
      ImageTokens imageTokens,
      int crops,
      Random random) {
    int length = imageTokens.config().tokens();
    int size = imageTokens.config().imageSize();
    Augmentation augmentation = new Augmentation.Dalle(size);
    TokenSet set = new TokenSet(pictures, length, new int[crops * pictures.count() * length]);
    for (int row = 0; row < crops * pictures.count(); row += BATCH) {
      int rows = Math.min(BATCH, crops * pictures.count() - row);
      float[] pixels = new float[rows * 3 * size * size];
      for (int i = 0; i < rows; i++) {
        int picture = (row + i) % pictures.count();
        int crop = (row + i) / pictures.count();
        augmentation
            .apply(
                larger.example(pictures.index(picture)).picture(),
                random.split(picture).split(crop))
            .copyTo(pixels, i * 3 * size * size);
      }
      set.encode(imageTokens, Tensor.of(pixels, rows, 3, size, size), row);
    }
    return set;
  }

  private void encode(ImageTokens imageTokens, Tensor batch, int row) {
    int[] encoded = imageTokens.encode(batch).toInts();
    System.arraycopy(encoded, 0, tokens, row * length, encoded.length);
  }

  static int[] range(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  /// Returns the pictures that the tokens are of.
  public PictureSet pictures() {
    return pictures;
  }

  /// Returns how many crops of each picture there are; 1 where pictures are whole.
  public int crops() {
    return tokens.length / (pictures.count() * length);
  }

  /// Returns all tokens, I32 (crops · pictures, I).
  Tensor all() {
    return Tensor.of(tokens, tokens.length / length, length);
  }

  /// Returns the tokens of pictures, of the first crop of each, I32 (B, I).
  public Tensor tokens(int... which) {
    int[] out = new int[which.length * length];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(tokens, which[i] * length, out, i * length, length);
    }
    return Tensor.of(out, which.length, length);
  }

  /// Returns the tokens of pictures, of a random crop of each, I32 (B, I).
  public Tensor tokens(int[] which, Random random) {
    int[] rows = new int[which.length];
    for (int i = 0; i < which.length; i++) {
      rows[i] = which[i] + pictures.count() * random.split(i).nextInt(crops());
    }
    return tokens(rows);
  }

  /// Returns how often each code occurs.
  public long[] usage(int vocabulary) {
    return CodeUse.of(all(), vocabulary).counts();
  }
}
