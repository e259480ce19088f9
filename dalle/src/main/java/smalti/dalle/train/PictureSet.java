package smalti.dalle.train;

import java.util.List;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Picture;
import smalti.dalle.data.Split;
import smalti.dalle.tokens.ColourCounts;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Holds the pictures of one part of a data set in memory and deals them out in batches.
///
/// The batch of a step depends on the seed and the step only: epochs are random orders of all
/// pictures, one after the other.
public final class PictureSet {
  /// A pixel with a darker channel is not white.
  private static final float INK = 0.97f;

  private final CaptionedData data;
  private final int[] indices;
  private final float[] pixels;
  private final int size;

  /// Reads all pictures of one part.
  ///
  /// @throws IllegalArgumentException if the part is empty, or holds 2³¹ channel values or more
  public PictureSet(CaptionedData data, Split split) {
    this.data = data;
    this.indices = data.indices(split);
    if (indices.length == 0) {
      throw new IllegalArgumentException(
          "%s: the %s part holds no pictures".formatted(data.name(), split));
    }
    this.size = data.pictureSize();
    if (indices.length > Integer.MAX_VALUE / (3 * size * size)) {
      throw new IllegalArgumentException(
          "%s: %d pictures of %d px are more than one array holds; train on fewer or smaller ones"
              .formatted(data.name(), indices.length, size));
    }
    this.pixels = new float[indices.length * 3 * size * size];
    for (int i = 0; i < indices.length; i++) {
      data.example(indices[i]).picture().copyTo(pixels, i * 3 * size * size);
    }
  }

  /// Returns the data set.
  public CaptionedData data() {
    return data;
  }

  /// Returns the number of pictures.
  public int count() {
    return indices.length;
  }

  /// Returns the SHA-256 of all pixels.
  String fingerprint() {
    return Fingerprint.of(pixels);
  }

  /// Counts the colours of all pixels.
  public ColourCounts colours() {
    ColourCounts colours = new ColourCounts();
    for (int i = 0; i < indices.length; i++) {
      colours.add(pixels, i * 3 * size * size, size * size);
    }
    return colours;
  }

  /// Returns the data set's number of a picture.
  public int index(int i) {
    return indices[i];
  }

  /// Returns which pictures make the batch of a step.
  public int[] deal(long step, int batch, Random random) {
    int[] dealt = new int[batch];
    int[] order = {};
    long epochOfOrder = -1;
    for (int i = 0; i < batch; i++) {
      long position = step * batch + i;
      long epoch = position / indices.length;
      if (epoch != epochOfOrder) {
        order = random.split(epoch).permutation(indices.length);
        epochOfOrder = epoch;
      }
      dealt[i] = order[(int) (position % indices.length)];
    }
    return dealt;
  }

  /// Returns pictures as (B, 3, H, W) of `[0, 1]`.
  public Tensor pictures(int... which) {
    int length = 3 * size * size;
    float[] out = new float[which.length * length];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(pixels, which[i] * length, out, i * length, length);
    }
    return Tensor.of(out, which.length, 3, size, size);
  }

  /// Returns pictures as (B, 3, H, W) of `[0, 1]`, changed at random.
  ///
  /// @param flip whether each is mirrored with probability ½
  /// @param collage how many further pictures are tried on each: one is added where its ink meets
  ///   only white
  public Tensor augmented(int[] which, boolean flip, int collage, Random random) {
    int length = 3 * size * size;
    float[] out = new float[which.length * length];
    for (int i = 0; i < which.length; i++) {
      Random own = random.split(i);
      System.arraycopy(pixels, which[i] * length, out, i * length, length);
      for (int n = 0; n < collage; n++) {
        addWhereWhite(own.nextInt(indices.length), out, i * length);
      }
      if (flip && own.nextInt(2) == 1) {
        mirror(out, i * length);
      }
    }
    return Tensor.of(out, which.length, 3, size, size);
  }

  private void addWhereWhite(int which, float[] out, int at) {
    int length = 3 * size * size;
    for (int p = 0; p < size * size; p++) {
      if (hasInk(pixels, which * length + p) && hasInk(out, at + p)) {
        return;
      }
    }
    for (int p = 0; p < length; p++) {
      out[at + p] = Math.min(out[at + p], pixels[which * length + p]);
    }
  }

  private boolean hasInk(float[] planes, int at) {
    int plane = size * size;
    return Math.min(planes[at], Math.min(planes[at + plane], planes[at + 2 * plane])) < INK;
  }

  private void mirror(float[] planes, int at) {
    for (int row = at; row < at + 3 * size * size; row += size) {
      for (int x = 0; x < size / 2; x++) {
        float t = planes[row + x];
        planes[row + x] = planes[row + size - 1 - x];
        planes[row + size - 1 - x] = t;
      }
    }
  }

  /// Returns pictures of one size as a batch (B, 3, H, W).
  public static Tensor batch(List<Picture> pictures) {
    int height = pictures.getFirst().height();
    int width = pictures.getFirst().width();
    float[] all = new float[pictures.size() * 3 * height * width];
    for (int i = 0; i < pictures.size(); i++) {
      pictures.get(i).copyTo(all, i * 3 * height * width);
    }
    return Tensor.of(all, pictures.size(), 3, height, width);
  }

  /// Returns the pictures of a batch (B, 3, H, W).
  public static Picture[] split(Tensor batch) {
    float[] all = batch.toFloats();
    int height = batch.dim(2);
    int width = batch.dim(3);
    Picture[] out = new Picture[batch.dim(0)];
    for (int i = 0; i < out.length; i++) {
      out[i] = Picture.of(width, height, all, i * 3 * height * width);
    }
    return out;
  }
}
