package smalti.tensor.plain;

import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Gives kernels the arrays behind F32 tensors, and says which tensors a fast path takes.
public final class Floats {
  private Floats() {}

  /// Returns whether all are F32 on the host.
  public static boolean all(Tensor... tensors) {
    for (Tensor t : tensors) {
      if (!(t.storage() instanceof Storage.F32)) {
        return false;
      }
    }
    return true;
  }

  /// Returns whether all are F32 on the host and contiguous.
  public static boolean dense(Tensor... tensors) {
    for (Tensor t : tensors) {
      if (!(t.storage() instanceof Storage.F32) || !t.isContiguous()) {
        return false;
      }
    }
    return true;
  }

  /// Returns whether all are F32 on the host and dense along the last axis.
  public static boolean denseRows(Tensor... tensors) {
    for (Tensor t : tensors) {
      if (!(t.storage() instanceof Storage.F32)
          || t.rank() == 0
          || t.dim(-1) > 1 && t.layout().stride(-1) != 1) {
        return false;
      }
    }
    return true;
  }

  /// Returns whether the tensor is I32 on the host and contiguous.
  public static boolean denseInts(Tensor t) {
    return t.storage() instanceof Storage.I32 && t.isContiguous();
  }

  /// Returns the array of an F32 tensor.
  public static float[] array(Tensor t) {
    return ((Storage.F32) t.storage()).array();
  }

  /// Returns the array of an I32 tensor.
  public static int[] ints(Tensor t) {
    return ((Storage.I32) t.storage()).array();
  }

  /// Returns the place of the first element.
  public static int at(Tensor t) {
    return t.layout().offset();
  }

  /// Returns the number of rows: elements over the size of the last axis.
  public static int rows(Tensor t) {
    int n = t.dim(-1);
    return n == 0 ? t.elements() : t.elements() / n;
  }
}
