package smalti.nn.layer;

import smalti.autograd.Variable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.DType;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Keeps the keys and values of earlier positions of one attention layer, so that sampling computes
/// each position once. It is written in place and has no gradients.
public final class KeyValueCache {
  private final Tensor keys;
  private final Tensor values;
  private int length;

  /// Makes an empty cache for up to `capacity` positions.
  ///
  /// @param width width of one head
  public KeyValueCache(int batch, int heads, int capacity, int width) {
    this(batch, heads, capacity, width, 0);
  }

  private KeyValueCache(int batch, int heads, int capacity, int width, int length) {
    Shape shape = Shape.of(batch, heads, capacity, width);
    this.keys = Tensor.zeros(shape, DType.F32);
    this.values = Tensor.zeros(shape, DType.F32);
    this.length = length;
  }

  /// Returns the number of positions held.
  public int length() {
    return length;
  }

  /// Returns a cache in which entry `i` of the batch is a copy of entry `rows[i]` here.
  public KeyValueCache select(int[] rows) {
    KeyValueCache out =
        new KeyValueCache(rows.length, keys.dim(1), keys.dim(2), keys.dim(3), length);
    for (int i = 0; i < rows.length; i++) {
      copyRow(keys, rows[i], out.keys, i);
      copyRow(values, rows[i], out.values, i);
    }
    return out;
  }

  private void copyRow(Tensor from, int row, Tensor to, int at) {
    Backends.current()
        .copy(
            from.slice(0, row, row + 1).slice(2, 0, length),
            to.slice(0, at, at + 1).slice(2, 0, length));
  }

  /// Adds new positions and attends from them to all positions so far.
  ///
  /// @param q (B, H, T, D), likewise `k` and `v`
  Variable attend(Tensor q, Tensor k, Tensor v, AttentionPattern pattern, double scale) {
    int steps = q.dim(2);
    int end = length + steps;
    if (end > keys.dim(2)) {
      throw ShapeException.of(
          "KeyValueCache: %d positions do not fit a capacity of %d", end, keys.dim(2));
    }
    Backends.current().copy(k, keys.slice(2, length, end));
    Backends.current().copy(v, values.slice(2, length, end));
    Tensor memory = Tensor.zeros(q.dim(0), steps, q.dim(1), q.dim(3)); // (B, T, H, D)
    Tensor out = memory.transpose(1, 2); // (B, H, T, D)
    Tensor lse = Tensor.zeros(q.dim(0), q.dim(1), steps);
    Backends.current()
        .attention(
            q, keys.slice(2, 0, end), values.slice(2, 0, end), pattern, scale, length, out, lse);
    length = end;
    return Variable.of(out);
  }
}
