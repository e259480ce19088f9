package smalti.tensor.simd;

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
}
