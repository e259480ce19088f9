package smalti.tensor.simd;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.plain.Floats;

/// Brings tensors (B, H, T, D) into a core's caches, a batch entry at a time, before attention does
/// the first of its heads there.
///
/// Where heads lie side by side in memory, (B, T, H, D), the rows of one are short and far apart,
/// and come from memory at 6 ns a line of the cache; all rows in order, which a core fetches ahead
/// of time, at less than 2. Of what an earlier op left in the caches little is there after 10 ms
/// when other programs share them.
final class Nearby {
  /// Heads that a thread must have of an entry, so that most of what it reads is its own.
  private static final int HEADS = 4;

  /// Floats in a line of the cache.
  private static final int LINE = 16;

  private static final AtomicInteger LAST = new AtomicInteger();

  private final List<Tensor> tensors;
  private final boolean worth;

  /// The numbers of its entries begin here: no two are the same, whosever they are.
  private final long first = (long) LAST.incrementAndGet() << Integer.SIZE;

  Nearby(Tensor... tensors) {
    this.tensors = List.of(tensors);
    int heads = tensors[0].dim(1);
    worth = Math.min(heads, tensors[0].dim(0) * heads / Parallel.threads()) >= HEADS;
  }

  /// Reads all heads of a batch entry, unless that is what this thread did last.
  void bring(AttentionWorkspace w, int entry) {
    if (worth && w.nearby != first + entry) {
      w.nearby = first + entry;
      for (Tensor x : tensors) {
        w.read |= read(x, entry);
      }
    }
  }

  /// Reads a number of each line, if rows hold all heads.
  ///
  /// @return anything that nobody can know without reading
  private static int read(Tensor x, int entry) {
    int row = x.dim(1) * x.dim(3);
    int stride = x.layout().stride(2);
    if (x.layout().stride(1) != x.dim(3) || stride < row) {
      return 0;
    }
    int at = x.layout().offset() + entry * x.layout().stride(0);
    int bits = 0;
    for (int i = 0; i < x.dim(2); i++) {
      bits |= read(Floats.array(x), at + i * stride, row);
    }
    return bits;
  }

  private static int read(float[] x, int at, int n) {
    int bits = 0;
    for (int i = at; i < at + n; i += LINE) {
      bits |= Float.floatToRawIntBits(x[i]);
    }
    return bits;
  }
}
