package smalti.tensor.simd;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Tensor;
import smalti.tensor.plain.Floats;
import smalti.tensor.plain.PlainBackend;

/// Runs kernels on F32 host tensors with the Vector API.
final class SimdBackend extends PlainBackend {
  SimdBackend() {
    super(new SimdElementLoops(), new SimdRowLoops(), new SimdMatrixLoops());
  }

  @Override
  public String name() {
    return "simd";
  }

  // ---- matrix product ----

  @Override
  public void matmul(Tensor a, Tensor b, boolean accumulate, Tensor out) {
    if (Floats.all(a, b) && Floats.dense(out)) {
      SimdMatmul.batched(a, b, accumulate, out);
    } else {
      super.matmul(a, b, accumulate, out);
    }
  }

  // ---- convolution ----

  @Override
  public void conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out) {
    if (Floats.dense(x, weight, out) && (bias == null || Floats.dense(bias))) {
      SimdConv2d.forward(x, weight, bias, stride, padding, out);
    } else {
      super.conv2d(x, weight, bias, stride, padding, out);
    }
  }

  @Override
  public void conv2dGradInput(Tensor dOut, Tensor weight, int stride, int padding, Tensor dx) {
    if (Floats.dense(dOut, weight, dx)) {
      SimdConv2d.gradInput(dOut, weight, stride, padding, dx);
    } else {
      super.conv2dGradInput(dOut, weight, stride, padding, dx);
    }
  }

  @Override
  public void conv2dGradWeight(Tensor x, Tensor dOut, int stride, int padding, Tensor dWeight) {
    if (Floats.dense(x, dOut, dWeight)) {
      SimdConv2d.gradWeight(x, dOut, stride, padding, dWeight);
    } else {
      super.conv2dGradWeight(x, dOut, stride, padding, dWeight);
    }
  }
}
