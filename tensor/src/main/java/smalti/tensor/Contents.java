package smalti.tensor;

import java.util.Arrays;

/// Copies the elements of tensors, in row-major order, into new arrays.
final class Contents {
  private Contents() {}

  static float[] floats(Tensor x) {
    Tensor t = x.contiguous();
    if (t.storage() instanceof Storage.F32(float[] a)) {
      return Arrays.copyOfRange(a, t.layout().offset(), t.layout().offset() + x.elements());
    }
    if (t.storage() instanceof Storage.DeviceStorage s) {
      return s.floats(t.layout().offset(), x.elements());
    }
    if (x.dtype() == DType.I32) {
      throw new IllegalStateException("toFloats: the tensor holds I32; use toInts()");
    }
    float[] out = new float[x.elements()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) t.storage().get(t.layout().offset() + i);
    }
    return out;
  }

  static double[] doubles(Tensor x) {
    Tensor t = x.contiguous();
    double[] out = new double[x.elements()];
    if (t.storage() instanceof Storage.DeviceStorage) {
      float[] fetched = floats(t);
      Arrays.setAll(out, i -> fetched[i]);
      return out;
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = t.storage().get(t.layout().offset() + i);
    }
    return out;
  }

  static int[] ints(Tensor x) {
    Tensor t = x.contiguous();
    if (t.storage() instanceof Storage.I32(int[] a)) {
      return Arrays.copyOfRange(a, t.layout().offset(), t.layout().offset() + x.elements());
    }
    throw new IllegalStateException(
        "toInts: the tensor holds " + x.dtype() + "; use to(DType.I32)");
  }
}
