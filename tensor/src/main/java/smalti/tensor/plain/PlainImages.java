package smalti.tensor.plain;

import smalti.tensor.Tensor;
import smalti.tensor.reference.ReferenceBackend;

/// Runs the kernels of images in F32 with plain loops: the part of [PlainBackend] that pools and
/// upsamples.
abstract class PlainImages extends ReferenceBackend {
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
