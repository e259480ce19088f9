package smalti.tensor.simd;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Convolves images (NCHW) as matrix products with [Tile]: the weights (O, C·KH·KW) times the
/// input, read by [Patches] as a matrix (C·KH·KW, pixels). Sizes, stride and padding are free.
/// Where a 3×3 kernel has many channels, [ConvWinograd] does it with fewer multiplications.
///
/// The zeros of the padding are multiplied like other numbers: where a weight is infinite or NaN,
/// so are the pixels at the edge that it meets the padding for.
final class SimdConv2d {
  private SimdConv2d() {}

  /// Computes the cross-correlation of `x` (B, C, H, W) with `weight` (O, C, KH, KW) plus `bias`
  /// (O) into `out` (B, O, H′, W′); all contiguous.
  static void forward(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, ConvResult out) {
    ConvShape s = shape(x, weight, stride, padding, out.tensor());
    float[] weights = data(weight);
    int from = at(weight);
    int taps = s.taps();
    float @Nullable [] biases = bias == null ? null : data(bias);
    int biasAt = bias == null ? 0 : at(bias);
    if (ConvWinograd.suits(s)) {
      float[] packed = ConvWinograd.pack(s, weights, (o, c) -> from + o * taps + 9 * c, false);
      if (ConvWinograd.run(s, data(x), at(x), packed, biases, biasAt, out)) {
        return;
      }
    }
    float[] packed =
        ConvForward.pack(
            s,
            (filter, tap, n, to, toAt) -> {
              for (int i = 0; i < n; i++) {
                to[toAt + 2 * i] = weights[from + filter * taps + tap + i];
              }
            });
    ConvForward.run(s, data(x), at(x), packed, biases, biasAt, out);
  }

  /// Computes the gradient of [#forward] with respect to its input, `dx` (B, C, H, W), from `dOut`
  /// (B, O, H′, W′); all contiguous. With stride 1 it is a convolution itself: of `dOut` with the
  /// weights turned by half a turn, channels and filters exchanged.
  static void gradInput(Tensor dOut, Tensor weight, int stride, int padding, ConvResult dx) {
    ConvShape s = shape(dx.tensor(), weight, stride, padding, dOut);
    if (stride != 1) {
      ConvGradInput.run(s, data(dOut), at(dOut), data(weight), at(weight), dx);
      return;
    }
    ConvShape turned =
        new ConvShape(
            s.images(),
            s.filters(),
            s.outHeight(),
            s.outWidth(),
            s.channels(),
            s.kernelHeight(),
            s.kernelWidth(),
            1,
            s.kernelHeight() - 1 - padding,
            s.kernelWidth() - 1 - padding,
            s.height(),
            s.width());
    float[] weights = data(weight);
    int from = at(weight);
    int window = s.window();
    int taps = s.taps();
    if (ConvWinograd.suits(turned)) {
      float[] packed =
          ConvWinograd.pack(turned, weights, (c, o) -> from + o * taps + c * window, true);
      if (ConvWinograd.run(turned, data(dOut), at(dOut), packed, null, 0, dx)) {
        return;
      }
    }
    float[] packed =
        ConvForward.pack(
            turned,
            (channel, tap, n, to, toAt) -> {
              int at = from + tap / window * taps + channel * window;
              int place = window - 1 - tap % window;
              for (int i = 0; i < n; i++) {
                to[toAt + 2 * i] = weights[at + place];
                if (--place < 0) { // the next filter
                  place = window - 1;
                  at += taps;
                }
              }
            });
    ConvForward.run(turned, data(dOut), at(dOut), packed, null, 0, dx);
  }

  /// Computes the gradient of [#forward] with respect to its weight, `dWeight` (O, C, KH, KW); all
  /// contiguous. Images are summed in their order.
  static void gradWeight(Tensor x, Tensor dOut, int stride, int padding, Tensor dWeight) {
    ConvShape s = shape(x, dWeight, stride, padding, dOut);
    ConvGradWeight.run(s, data(x), at(x), data(dOut), at(dOut), data(dWeight), at(dWeight));
  }

  private static ConvShape shape(Tensor x, Tensor weight, int stride, int padding, Tensor out) {
    return new ConvShape(
        x.dim(0),
        x.dim(1),
        x.dim(2),
        x.dim(3),
        weight.dim(0),
        weight.dim(2),
        weight.dim(3),
        stride,
        padding,
        padding,
        out.dim(2),
        out.dim(3));
  }

  private static float[] data(Tensor t) {
    return ((Storage.F32) t.storage()).array();
  }

  private static int at(Tensor t) {
    return t.layout().offset();
  }
}
