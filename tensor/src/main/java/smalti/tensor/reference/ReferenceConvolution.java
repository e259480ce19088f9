package smalti.tensor.reference;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Tensor;

/// Defines the convolution and its two gradients.
///
/// All three are sums over the same products: output pixel `(i, j)` meets weight `(p, q)` at input
/// pixel `(i·stride + p − padding, j·stride + q − padding)`. Products with the padding are absent,
/// not zero times a weight.
final class ReferenceConvolution {
  private ReferenceConvolution() {}

  static void conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out) {
    Sizes s = Sizes.of(x, weight, out);
    Elements xs = Elements.of(x);
    Elements weights = Elements.of(weight);
    Elements to = Elements.of(out);
    @Nullable Elements biases = bias == null ? null : Elements.of(bias);
    for (int b = 0; b < s.batch; b++) {
      for (int o = 0; o < s.outputs; o++) {
        for (int i = 0; i < s.outHeight; i++) {
          for (int j = 0; j < s.outWidth; j++) {
            double sum = biases == null ? 0 : biases.get(o);
            for (int c = 0; c < s.channels; c++) {
              for (int p = 0; p < s.kernelHeight; p++) {
                for (int q = 0; q < s.kernelWidth; q++) {
                  int h = i * stride + p - padding;
                  int w = j * stride + q - padding;
                  if (h >= 0 && h < s.height && w >= 0 && w < s.width) {
                    sum += xs.get(s.x(b, c, h, w)) * weights.get(s.weight(o, c, p, q));
                  }
                }
              }
            }
            to.set(s.out(b, o, i, j), sum);
          }
        }
      }
    }
  }

  static void conv2dGradInput(Tensor dOut, Tensor weight, int stride, int padding, Tensor dx) {
    Sizes s = Sizes.of(dx, weight, dOut);
    Elements dOuts = Elements.of(dOut);
    Elements weights = Elements.of(weight);
    Elements dxs = Elements.of(dx);
    for (int b = 0; b < s.batch; b++) {
      for (int c = 0; c < s.channels; c++) {
        for (int h = 0; h < s.height; h++) {
          for (int w = 0; w < s.width; w++) {
            double sum = 0;
            for (int o = 0; o < s.outputs; o++) {
              for (int p = 0; p < s.kernelHeight; p++) {
                for (int q = 0; q < s.kernelWidth; q++) {
                  int i = outputOf(h + padding - p, stride, s.outHeight);
                  int j = outputOf(w + padding - q, stride, s.outWidth);
                  if (i >= 0 && j >= 0) {
                    sum += dOuts.get(s.out(b, o, i, j)) * weights.get(s.weight(o, c, p, q));
                  }
                }
              }
            }
            dxs.set(s.x(b, c, h, w), sum);
          }
        }
      }
    }
  }

  /// Returns the output index `i` with `i·stride = place`, or −1 if there is none.
  private static int outputOf(int place, int stride, int size) {
    return place >= 0 && place % stride == 0 && place / stride < size ? place / stride : -1;
  }

  static void conv2dGradWeight(Tensor x, Tensor dOut, int stride, int padding, Tensor dWeight) {
    Sizes s = Sizes.of(x, dWeight, dOut);
    Elements xs = Elements.of(x);
    Elements dOuts = Elements.of(dOut);
    Elements dWeights = Elements.of(dWeight);
    for (int o = 0; o < s.outputs; o++) {
      for (int c = 0; c < s.channels; c++) {
        for (int p = 0; p < s.kernelHeight; p++) {
          for (int q = 0; q < s.kernelWidth; q++) {
            double sum = 0;
            for (int b = 0; b < s.batch; b++) {
              for (int i = 0; i < s.outHeight; i++) {
                for (int j = 0; j < s.outWidth; j++) {
                  int h = i * stride + p - padding;
                  int w = j * stride + q - padding;
                  if (h >= 0 && h < s.height && w >= 0 && w < s.width) {
                    sum += xs.get(s.x(b, c, h, w)) * dOuts.get(s.out(b, o, i, j));
                  }
                }
              }
            }
            dWeights.set(s.weight(o, c, p, q), sum);
          }
        }
      }
    }
  }

  /// Holds the sizes of a convolution and finds elements by them.
  private record Sizes(
      int batch,
      int channels,
      int height,
      int width,
      int outputs,
      int kernelHeight,
      int kernelWidth,
      int outHeight,
      int outWidth) {

    static Sizes of(Tensor x, Tensor weight, Tensor out) {
      assert x.dim(0) == out.dim(0) && x.dim(1) == weight.dim(1) && weight.dim(0) == out.dim(1);
      return new Sizes(
          x.dim(0),
          x.dim(1),
          x.dim(2),
          x.dim(3),
          weight.dim(0),
          weight.dim(2),
          weight.dim(3),
          out.dim(2),
          out.dim(3));
    }

    int x(int b, int c, int h, int w) {
      return ((b * channels + c) * height + h) * width + w;
    }

    int weight(int o, int c, int p, int q) {
      return ((o * channels + c) * kernelHeight + p) * kernelWidth + q;
    }

    int out(int b, int o, int i, int j) {
      return ((b * outputs + o) * outHeight + i) * outWidth + j;
    }
  }
}
