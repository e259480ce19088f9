package smalti.tensor.plain;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.plain.Scratch.Slot;

/// Reduces axes of tensors of any strides.
///
/// Where the kept axes end in a dense one, whole rows are added up (column sums); otherwise each
/// number is the reduction of runs. Long reductions are cut into chunks of fixed size whose results
/// are combined in order. The first chunks of all numbers come first: where the outermost axis is
/// reduced, a thread has the same images as in the loops before, and reads them from its own cache.
final class Reductions {
  private static final int SEGMENT = 8192;
  private static final int CHUNK_ROWS = 64;
  private final ElementLoops elements;
  private final RowLoops rows;

  Reductions(ElementLoops elements, RowLoops rows) {
    this.elements = elements;
    this.rows = rows;
  }

  /// Holds some axes of the input, neighbours merged, outermost first.
  private record Axes(int[] dims, int[] strides) {
    static Axes of(Tensor x, boolean[] chosen) {
      int[] dims = new int[x.rank()];
      int[] strides = new int[x.rank()];
      int first = x.rank();
      for (int axis = x.rank() - 1; axis >= 0; axis--) {
        int size = x.dim(axis);
        if (!chosen[axis] || size == 1) {
          continue;
        }
        int stride = x.layout().stride(axis);
        if (first < x.rank() && stride == strides[first] * dims[first]) {
          dims[first] *= size;
        } else {
          first--;
          dims[first] = size;
          strides[first] = stride;
        }
      }
      return new Axes(
          Arrays.copyOfRange(dims, first, dims.length),
          Arrays.copyOfRange(strides, first, dims.length));
    }

    int size() {
      int n = 1;
      for (int d : dims) {
        n *= d;
      }
      return n;
    }

    /// Returns the size of the last axis, 1 if there is none.
    int last() {
      return dims.length == 0 ? 1 : dims[dims.length - 1];
    }

    /// Returns the stride of the last axis.
    int stride() {
      return dims.length == 0 ? 1 : strides[dims.length - 1];
    }

    /// Returns the place of an element counted in row-major order.
    int place(int index) {
      int place = 0;
      int left = index;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        place += left % dims[axis] * strides[axis];
        left /= dims[axis];
      }
      return place;
    }
  }

  void reduce(ReduceOp op, Tensor x, Tensor out) {
    if (x.elements() == 0) {
      Copies.fill(identity(op), out);
      return;
    }
    boolean[] reduced = new boolean[x.rank()];
    boolean[] kept = new boolean[x.rank()];
    for (int axis = 0; axis < reduced.length; axis++) {
      reduced[axis] = out.dim(axis) == 1;
      kept[axis] = !reduced[axis];
    }
    Axes over = Axes.of(x, reduced);
    Axes to = Axes.of(x, kept);
    boolean columns = to.last() > 1 && to.stride() == 1 && !(over.stride() == 1 && over.last() > 8);
    if (columns) {
      columns(op, x, over, to, out);
    } else {
      runs(op, x, over, to, out);
    }
  }

  private static float identity(ReduceOp op) {
    return switch (op) {
      case SUM -> 0;
      case MAX -> Float.NEGATIVE_INFINITY;
      case MIN -> Float.POSITIVE_INFINITY;
    };
  }

  // ---- each output number is the reduction of runs ----

  private void runs(ReduceOp op, Tensor x, Axes over, Axes to, Tensor out) {
    int n = over.last();
    int runs = over.size() / n; // for one output number
    int cuts = (n + SEGMENT - 1) / SEGMENT; // of one run
    // Runs in one chunk: no more than half of them, that there are two.
    int group = cuts > 1 ? 1 : Math.clamp(SEGMENT / n, 1, (runs + 1) / 2);
    int chunks = cuts > 1 ? runs * cuts : (runs + group - 1) / group;
    int outputs = to.size();
    float[] o = Floats.array(out);
    int oAt = Floats.at(out);
    boolean direct = chunks == 1;
    float[] partial = direct ? o : new float[outputs * chunks];
    int partialAt = direct ? oAt : 0;
    int perChunk = Math.min(n, SEGMENT) * group;
    Parallel.range(
        outputs * chunks,
        Math.max(1, 4 * SEGMENT / perChunk),
        (s, e) -> {
          for (int i = s; i < e; i++) {
            int at = Floats.at(x) + to.place(i % outputs);
            int c = i / outputs;
            partial[partialAt + i] =
                cuts > 1
                    ? run(op, x, over, at, c / cuts, c % cuts * SEGMENT)
                    : group(op, x, over, at, c * group, Math.min(runs, (c + 1) * group));
          }
        });
    if (!direct) {
      for (int i = 0; i < outputs; i++) {
        double sum = partial[i];
        for (int c = 1; c < chunks; c++) {
          sum = combine(op, sum, partial[c * outputs + i]);
        }
        o[oAt + i] = (float) sum;
      }
    }
  }

  private float group(ReduceOp op, Tensor x, Axes over, int at, int start, int end) {
    double result = run(op, x, over, at, start, 0);
    for (int r = start + 1; r < end; r++) {
      result = combine(op, result, run(op, x, over, at, r, 0));
    }
    return (float) result;
  }

  /// Reduces at most [#SEGMENT] elements of run `r` from element `from`.
  private float run(ReduceOp op, Tensor x, Axes over, int at, int r, int from) {
    int n = Math.min(SEGMENT, over.last() - from);
    int stride = over.stride();
    int place = at + over.place(r * over.last()) + from * stride;
    float[] xs = Floats.array(x);
    if (stride == 1) {
      return rows.reduce(op, xs, place, n);
    }
    float[] dense = Scratch.floats(Slot.A, SEGMENT);
    Copies.strided(xs, place, stride, n, dense, 0);
    return rows.reduce(op, dense, 0, n);
  }

  private static double combine(ReduceOp op, double a, double b) {
    return switch (op) {
      case SUM -> a + b;
      case MAX -> Math.max(a, b);
      case MIN -> Math.min(a, b);
    };
  }

  // ---- rows of the input are added to rows of the output ----

  private void columns(ReduceOp op, Tensor x, Axes over, Axes to, Tensor out) {
    int n = to.last();
    int outer = to.size() / n;
    int count = over.size(); // rows added to one row of the output
    int chunks = (count + CHUNK_ROWS - 1) / CHUNK_ROWS;
    float[] o = Floats.array(out);
    int oAt = Floats.at(out);
    int cuts = (n + SEGMENT - 1) / SEGMENT; // of one row
    boolean direct = chunks == 1;
    float[] partial = direct ? o : new float[outer * chunks * n];
    int partialAt = direct ? oAt : 0;
    Parallel.range(
        outer * chunks * cuts,
        Math.max(1, 4 * SEGMENT / (Math.min(n, SEGMENT) * Math.min(count, CHUNK_ROWS))),
        (s, e) -> {
          for (int task = s; task < e; task++) {
            int i = task / cuts;
            int from = task % cuts * SEGMENT;
            int length = Math.min(SEGMENT, n - from);
            int at = Floats.at(x) + to.place(i / chunks * n) + from;
            int start = i % chunks * CHUNK_ROWS;
            int end = Math.min(count, start + CHUNK_ROWS);
            int sumAt = partialAt + i * n + from;
            addRows(op, Floats.array(x), at, over, start, end, partial, sumAt, length);
          }
        });
    if (!direct) {
      BinaryOp add = pairwise(op);
      for (int i = 0; i < outer; i++) {
        System.arraycopy(partial, i * chunks * n, o, oAt + i * n, n);
        for (int c = 1; c < chunks; c++) {
          int at = (i * chunks + c) * n;
          elements.binary(add, o, oAt + i * n, partial, at, o, oAt + i * n, n);
        }
      }
    }
  }

  private void addRows(
      ReduceOp op,
      float[] x,
      int at,
      Axes over,
      int start,
      int end,
      float[] sum,
      int sumAt,
      int n) {
    BinaryOp add = pairwise(op);
    System.arraycopy(x, at + over.place(start), sum, sumAt, n);
    for (int r = start + 1; r < end; r++) {
      elements.binary(add, sum, sumAt, x, at + over.place(r), sum, sumAt, n);
    }
  }

  private static BinaryOp pairwise(ReduceOp op) {
    return switch (op) {
      case SUM -> BinaryOp.ADD;
      case MAX -> BinaryOp.MAXIMUM;
      case MIN -> BinaryOp.MINIMUM;
    };
  }

  // ---- argmax ----

  void argmax(Tensor x, Tensor out) {
    int n = x.dim(-1);
    float[] xs = Floats.array(x);
    int[] o = Floats.ints(out);
    int oAt = Floats.at(out);
    Parallel.range(
        Floats.rows(x),
        Math.max(1, 4 * SEGMENT / n),
        (s, e) -> {
          for (int r = s; r < e; r++) {
            int at = Floats.at(x) + r * n;
            o[oAt + r] = indexOf(rows.reduce(ReduceOp.MAX, xs, at, n), xs, at, n);
          }
        });
  }

  private static int indexOf(float value, float[] x, int at, int n) {
    for (int i = 0; i < n; i++) {
      float candidate = x[at + i];
      if (candidate == value || Float.isNaN(candidate)) {
        return i;
      }
    }
    throw new AssertionError("the maximum " + value + " is in the row");
  }
}
