package smalti.tensor.simd;

/// Says how the pixels of a convolution's output are taken a stretch at a time: some rows of one
/// image, or several small images.
///
/// Several images lie in a stretch as one tall image, with as many rows between them as the kernel
/// reaches further down ([#gap]). The patch matrix has the input's numbers there and `dOut` zeros,
/// so that the rows of a kernel are parts of one copy, a row of pixels apart, there too.
///
/// @param images images of a stretch
/// @param rows rows of a stretch; all of them where there are several images
record Stretches(ConvShape s, int images, int rows) {
  private static final int PARTS = 2;

  /// Cuts into stretches of at most `most` pixels, if a row is not longer, and of whole vectors
  /// where that is possible.
  static Stretches of(ConvShape s, int most) {
    int gap = gap(s);
    int tall = (s.outHeight() + gap) * s.outWidth();
    int images = Math.clamp((most + gap * s.outWidth()) / tall, 1, s.images());
    if (images > 1) {
      return new Stretches(s, images, s.outHeight());
    }
    int unit = Lanes.COUNT;
    while (unit > 1 && unit / 2 * s.outWidth() % Lanes.COUNT == 0) {
      unit /= 2;
    }
    int rows = most / s.outWidth();
    rows = rows >= unit ? rows / unit * unit : rows;
    return new Stretches(s, 1, Math.clamp(rows, 1, s.outHeight()));
  }

  /// Is a stretch: images `[b0, b1)` and of these rows `[r0, r1)`.
  record Stretch(int b0, int b1, int r0, int r1) {}

  private static int gap(ConvShape s) {
    return s.stride() == 1 ? s.kernelHeight() - 1 : 0;
  }

  /// Returns the rows between two images of a stretch.
  int gap() {
    return gap(s);
  }

  /// Returns the pixels from one image of a stretch to the next.
  int tall() {
    return (rows + gap()) * s.outWidth();
  }

  /// Returns the number of stretches.
  int count() {
    return (s.images() + images - 1) / images * down();
  }

  /// Returns the number of parts of the images whose gradients are added in the end. Two threads
  /// have one each, the one that they had in the loops before: with all taps over all images, each
  /// would read half of `x` and `dOut` from the other core's cache.
  int parts() {
    return Math.min(PARTS, count());
  }

  /// Returns the first stretch of a part, or of the one after the last: all stretches.
  int begin(int part) {
    return count() * part / parts();
  }

  private int down() {
    return (s.outHeight() + rows - 1) / rows;
  }

  /// Returns the `i`-th stretch; the stretches of an image follow each other.
  Stretch at(int i) {
    int b0 = i / down() * images;
    int r0 = i % down() * rows;
    return new Stretch(
        b0, Math.min(b0 + images, s.images()), r0, Math.min(r0 + rows, s.outHeight()));
  }

  /// Returns the pixels of a stretch, gaps included.
  int length(Stretch t) {
    return (t.b1 - t.b0 - 1) * tall() + (t.r1 - t.r0) * s.outWidth();
  }

  /// Returns the pixels of the longest stretch.
  int longest() {
    return (images - 1) * tall() + rows * s.outWidth();
  }

  /// Returns whether all stretches lie dense in the output and are whole vectors.
  boolean areWholeVectors() {
    return images == 1 && s.pixels() % Lanes.COUNT == 0 && rows * s.outWidth() % Lanes.COUNT == 0;
  }
}
