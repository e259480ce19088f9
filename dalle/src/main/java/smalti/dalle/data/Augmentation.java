package smalti.dalle.data;

import smalti.tensor.Random;

/// Crops pictures at random, as the two stages of DALL·E do in training (Ramesh et al. 2021,
/// appendix A, listings 1 and 2). Both cut a square of the short side `s`, average it by area to a
/// side `t`, round to eight bits and cut the wanted square from that.
///
/// | | [Vae] (listing 1) | [Dalle] (listing 2) |
/// |---|---|---|
/// | first square | anywhere | from 3/8 to 5/8 of the slack |
/// | least `t` | `min(s, 9/8 · size)` | `size` |
/// | most `t`, included | `min(s, 12/8 · size)` | `min(s, 9/8 · size)` |
/// | mirrored | every second time | never: pictures may show text |
///
/// The listings cannot take a picture with `s < size`; here such a picture is first enlarged by
/// Lanczos until its short side is `size`.
public sealed interface Augmentation {
  /// Returns the width and height of the result.
  int size();

  /// Draws what will be done to a picture whose sides are at least `size`.
  Choice choose(int width, int height, Random random);

  /// Draws a choice and does it.
  default Picture apply(Picture picture, Random random) {
    Picture large = enlarged(picture);
    return choose(large.width(), large.height(), random).apply(large, size());
  }

  private Picture enlarged(Picture picture) {
    int side = Math.min(picture.width(), picture.height());
    if (side >= size()) {
      return picture;
    }
    double ratio = (double) size() / side;
    return picture.resizeLanczos(
        (int) Math.rint(ratio * picture.width()), (int) Math.rint(ratio * picture.height()));
  }

  /// Holds one drawn augmentation.
  ///
  /// @param left the first column of the full square
  /// @param top the first row of the full square
  /// @param side the side of the full square, the short side of the picture
  /// @param resized the side `t` that it is averaged to
  /// @param x the first column of the final square
  /// @param y the first row of the final square
  /// @param mirrored whether left and right are swapped
  record Choice(int left, int top, int side, int resized, int x, int y, boolean mirrored) {
    /// Returns the same, mirrored or not.
    public Choice mirrored(boolean really) {
      return new Choice(left, top, side, resized, x, y, really);
    }

    /// Does what was drawn, to a picture of the size that it was drawn for.
    public Picture apply(Picture picture, int size) {
      Picture small = picture.crop(left, top, side, side).resizeArea(resized, resized).round8();
      Picture cut = small.crop(x, y, size, size);
      return mirrored ? cut.flip() : cut;
    }
  }

  /// Augments for the discrete VAE (listing 1).
  ///
  /// @param size the width and height of the result
  record Vae(int size) implements Augmentation {
    /// Checks the size.
    ///
    /// @throws IllegalArgumentException when it is not positive
    public Vae {
      requirePositive(size);
    }

    @Override
    public Choice choose(int width, int height, Random random) {
      int side = requireLarge(width, height, size);
      int left = between(0, width - side, random);
      int top = between(0, height - side, random);
      int least = Math.min(side, Math.round(9f / 8f * size));
      int most = Math.min(side, Math.round(12f / 8f * size));
      int resized = between(least, most, random);
      int x = between(0, resized - size, random);
      int y = between(0, resized - size, random);
      return new Choice(left, top, side, resized, x, y, random.nextInt(2) == 1);
    }
  }

  /// Augments for the transformer (listing 2).
  ///
  /// @param size the width and height of the result
  record Dalle(int size) implements Augmentation {
    /// Checks the size.
    ///
    /// @throws IllegalArgumentException when it is not positive
    public Dalle {
      requirePositive(size);
    }

    @Override
    public Choice choose(int width, int height, Random random) {
      int side = requireLarge(width, height, size);
      int left = nearMiddle(width - side, random);
      int top = nearMiddle(height - side, random);
      int most = Math.min(side, Math.round(9f / 8f * size));
      int resized = between(size, most, random);
      int x = between(0, resized - size, random);
      int y = between(0, resized - size, random);
      return new Choice(left, top, side, resized, x, y, false);
    }

    /// Draws from `[3/8, 5/8)` of the slack, as the listing does in whole numbers.
    private static int nearMiddle(int slack, Random random) {
      int from = 3 * slack / 8;
      int end = Math.max(from + 1, 5 * slack / 8);
      return between(from, end - 1, random);
    }
  }

  private static void requirePositive(int size) {
    if (size < 1) {
      throw new IllegalArgumentException(
          "An augmentation needs a size of at least 1; got " + size + ".");
    }
  }

  private static int requireLarge(int width, int height, int size) {
    int side = Math.min(width, height);
    if (side < size) {
      throw new IllegalArgumentException(
          "A crop of %d does not fit into a picture of %d x %d.".formatted(size, width, height));
    }
    return side;
  }

  /// Draws evenly from `[least, most]`, both ends included.
  private static int between(int least, int most, Random random) {
    return least + random.nextInt(most - least + 1);
  }
}
