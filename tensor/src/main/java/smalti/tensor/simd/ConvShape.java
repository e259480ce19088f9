package smalti.tensor.simd;

/// Says the sizes of a convolution of `images` images.
///
/// @param channels input channels, C
/// @param filters output channels, O
/// @param top rows of zeros above each image; negative where rows are cut off
/// @param left columns of zeros left of each image; negative where columns are cut off
record ConvShape(
    int images,
    int channels,
    int height,
    int width,
    int filters,
    int kernelHeight,
    int kernelWidth,
    int stride,
    int top,
    int left,
    int outHeight,
    int outWidth) {

  /// Returns the weights of one filter, C·KH·KW: the inner size of the matrix product.
  int taps() {
    return channels * kernelHeight * kernelWidth;
  }

  /// Returns the weights of one filter in one channel, KH·KW.
  int window() {
    return kernelHeight * kernelWidth;
  }

  /// Returns the numbers of one channel of an input image.
  int plane() {
    return height * width;
  }

  /// Returns the numbers of one channel of an output image.
  int pixels() {
    return outHeight * outWidth;
  }
}
