package smalti.gpu;

import smalti.tensor.DType;
import smalti.tensor.Storage;

/// Holds F32 numbers in the device's heap.
///
/// A storage made in a step has no place until the step has been planned, and none after it.
final class GpuStorage implements Storage.DeviceStorage {
  private static final int NOWHERE = -1;

  private final GpuBackend backend;
  private final int length;
  private int base = NOWHERE;
  private boolean ofStep;
  private boolean written;

  GpuStorage(GpuBackend backend, int length, boolean ofStep) {
    this.backend = backend;
    this.length = length;
    this.ofStep = ofStep;
  }

  /// Returns where it lies.
  int base() {
    if (base == NOWHERE) {
      throw new IllegalStateException(
          "gpu: a tensor that was made in a step is used outside it; return it from the step");
    }
    return base;
  }

  boolean isPlaced() {
    return base != NOWHERE;
  }

  void place(int at) {
    base = at;
  }

  void forget() {
    base = NOWHERE;
  }

  /// Returns whether it belongs to a step.
  boolean ofStep() {
    return ofStep;
  }

  /// Returns whether something was written to it; until then it holds zeros that are not there.
  boolean written() {
    return written;
  }

  void markWritten() {
    written = true;
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public double get(int index) {
    return floats(index, 1)[0];
  }

  @Override
  public void set(int index, double value) {
    backend.write(this, index, new float[] {(float) value});
  }

  @Override
  public float[] floats(int from, int count) {
    return backend.read(this, from, count);
  }
}
