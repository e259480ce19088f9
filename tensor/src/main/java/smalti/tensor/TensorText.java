package smalti.tensor;

import java.util.Locale;

/// Writes tensors for people, as NumPy does: nested brackets, long axes shortened to their ends.
final class TensorText {
  private static final int EDGE = 3;

  private TensorText() {}

  static String of(Tensor t) {
    StringBuilder text = new StringBuilder("Tensor").append(t.shape()).append(' ');
    text.append(t.dtype()).append(t.rank() < 2 ? ' ' : '\n');
    boolean shorten = t.elements() > 1000;
    append(t, new int[t.rank()], 0, shorten, text);
    return text.toString();
  }

  private static void append(Tensor t, int[] index, int axis, boolean shorten, StringBuilder out) {
    if (axis == t.rank()) {
      out.append(number(t.dtype(), t.get(index)));
      return;
    }
    int n = t.dim(axis);
    out.append('[');
    for (int i = 0; i < n; i++) {
      if (i > 0) {
        out.append(axis == t.rank() - 1 ? ", " : ",\n" + " ".repeat(axis + 1));
      }
      if (shorten && n > 2 * EDGE && i == EDGE) {
        out.append("…");
        i = n - EDGE - 1;
        continue;
      }
      index[axis] = i;
      append(t, index, axis + 1, shorten, out);
    }
    out.append(']');
  }

  private static String number(DType dtype, double value) {
    if (dtype == DType.I32 || !Double.isFinite(value)) {
      return dtype == DType.I32 ? Integer.toString((int) value) : Double.toString(value);
    }
    double a = Math.abs(value);
    return a != 0 && (a < 1e-4 || a >= 1e6)
        ? String.format(Locale.ROOT, "%.4e", value)
        : String.format(Locale.ROOT, "%.4f", value);
  }
}
