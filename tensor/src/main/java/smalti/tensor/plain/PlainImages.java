package smalti.tensor.plain;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Tensor;
import smalti.tensor.reference.ReferenceBackend;

/// Runs the kernels of images in F32: the part of [PlainBackend] that convolves, pools and
/// upsamples.
abstract class PlainImages extends ReferenceBackend {
  private final Convolution convolution;

  PlainImages(ElementLoops elements, MatrixLoops matrices) {
    convolution = new Convolution(elements, matrices);
  }

  // ---- convolution ----

  @Override
  public void conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out) {
    if (Floats.dense(x, weight, out) && (bias == null || Floats.dense(bias))) {
      convolution.conv2d(x, weight, bias, stride, padding, out);
    } else {
      super.conv2d(x, weight, bias, stride, padding, out);
    }
  }

  @Override
  public void conv2dGradInput(Tensor dOut, Tensor weight, int stride, int padding, Tensor dx) {
    if (Floats.dense(dOut, weight, dx)) {
      convolution.gradInput(dOut, weight, stride, padding, dx);
    } else {
      super.conv2dGradInput(dOut, weight, stride, padding, dx);
    }
  }

  @Override
  public void conv2dGradWeight(Tensor x, Tensor dOut, int stride, int padding, Tensor dWeight) {
    if (Floats.dense(x, dOut, dWeight)) {
      convolution.gradWeight(x, dOut, stride, padding, dWeight);
    } else {
      super.conv2dGradWeight(x, dOut, stride, padding, dWeight);
    }
  }

  // ---- pooling ----

  @Override
  public void maxPool2d(Tensor x, int kernel, Tensor out) {
    if (Floats.dense(x, out)) {
      Pooling.maxPool2d(x, kernel, out);
    } else {
      super.maxPool2d(x, kernel, out);
    }
  }

  @Override
  public void maxPool2dGrad(Tensor x, Tensor dOut, int kernel, Tensor dx) {
    if (Floats.dense(x, dOut, dx)) {
      Pooling.maxPool2dGrad(x, dOut, kernel, dx);
    } else {
      super.maxPool2dGrad(x, dOut, kernel, dx);
    }
  }

  @Override
  public void avgPool2d(Tensor x, int kernel, Tensor out) {
    if (Floats.dense(x, out)) {
      Pooling.blockSums(x, kernel, 1f / (kernel * kernel), out);
    } else {
      super.avgPool2d(x, kernel, out);
    }
  }

  @Override
  public void avgPool2dGrad(Tensor dOut, int kernel, Tensor dx) {
    if (Floats.dense(dOut, dx)) {
      Pooling.spread(dOut, kernel, 1f / (kernel * kernel), dx);
    } else {
      super.avgPool2dGrad(dOut, kernel, dx);
    }
  }

  @Override
  public void upsampleNearest2d(Tensor x, int scale, Tensor out) {
    if (Floats.dense(x, out)) {
      Pooling.spread(x, scale, 1, out);
    } else {
      super.upsampleNearest2d(x, scale, out);
    }
  }

  @Override
  public void upsampleNearest2dGrad(Tensor dOut, int scale, Tensor dx) {
    if (Floats.dense(dOut, dx)) {
      Pooling.blockSums(dOut, scale, 1, dx);
    } else {
      super.upsampleNearest2dGrad(dOut, scale, dx);
    }
  }
}
