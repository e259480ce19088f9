package smalti.tensor.plain;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;

/// Walks tensors of one shape and any strides side by side, in runs along the last axis.
///
/// Axes are merged where every tensor allows it, so that contiguous tensors are one run, and a row
/// added to a matrix is one run per row. Long runs are cut into segments; segments are shared among
/// threads.
final class Walk {
  /// The most elements in a run.
  static final int SEGMENT = 4096;

  private static final int PIECE = 8 * SEGMENT;

  /// Is what is done with each run.
  @FunctionalInterface
  interface Body {
    /// Does `n` elements: tensor `t` has them at `at[t]`, `at[t] + stride(t)`, …
    void run(int[] at, int n);
  }

  private final int[] dims;
  private final int[][] strides; // [tensor][axis]
  private final int[] offsets;

  private Walk(int[] dims, int[][] strides, int[] offsets) {
    this.dims = dims;
    this.strides = strides;
    this.offsets = offsets;
  }

  /// Returns the walk over tensors of one shape.
  static Walk over(Tensor... tensors) {
    int rank = tensors[0].rank();
    int[] dims = new int[rank + 1];
    int[][] from = new int[tensors.length][];
    int[][] strides = new int[tensors.length][rank + 1];
    int[] offsets = new int[tensors.length];
    for (int t = 0; t < tensors.length; t++) {
      assert tensors[t].shape().equals(tensors[0].shape());
      from[t] = tensors[t].layout().strides();
      offsets[t] = tensors[t].layout().offset();
    }
    int first = rank + 1; // merged axes are first … rank
    for (int axis = rank - 1; axis >= 0; axis--) {
      int size = tensors[0].dim(axis);
      if (size == 1) {
        continue;
      }
      boolean merges = first <= rank;
      for (int t = 0; merges && t < from.length; t++) {
        merges = from[t][axis] == strides[t][first] * dims[first];
      }
      if (merges) {
        dims[first] *= size;
        continue;
      }
      first--;
      dims[first] = size;
      for (int t = 0; t < from.length; t++) {
        strides[t][first] = from[t][axis];
      }
    }
    if (first > rank) { // a single element
      first = rank;
      dims[first] = 1;
      for (int[] s : strides) {
        s[first] = 1;
      }
    }
    int start = first;
    return new Walk(
        Arrays.copyOfRange(dims, start, rank + 1),
        Arrays.stream(strides)
            .map(s -> Arrays.copyOfRange(s, start, rank + 1))
            .toArray(int[][]::new),
        offsets);
  }

  /// Returns the number of merged axes, at least 1.
  int rank() {
    return dims.length;
  }

  /// Returns the size of a merged axis.
  int dim(int axis) {
    return dims[axis];
  }

  /// Returns a tensor's stride along a merged axis.
  int stride(int tensor, int axis) {
    return strides[tensor][axis];
  }

  /// Returns a tensor's stride along the runs.
  int stride(int tensor) {
    return strides[tensor][dims.length - 1];
  }

  /// Returns the walk with these axes, of those merged, left out: their index stays 0.
  Walk without(int a, int b) {
    int[] d = dims.clone();
    d[a] = 1;
    d[b] = 1;
    return new Walk(d, strides, offsets);
  }

  /// Does all runs.
  void run(Body body) {
    run(PIECE, body);
  }

  /// Does all runs, in pieces of about `elements` elements.
  void run(int elements, Body body) {
    int n = dims[dims.length - 1];
    long rows = 1;
    for (int axis = 0; axis < dims.length - 1; axis++) {
      rows *= dims[axis];
    }
    if (n == 0 || rows == 0) {
      return;
    }
    int segments = (n + SEGMENT - 1) / SEGMENT; // of one row
    int grain = Math.max(1, elements / Math.min(n, SEGMENT));
    Parallel.range((int) rows * segments, grain, (s, e) -> piece(s, e, segments, n, body));
  }

  private void piece(int start, int end, int segments, int n, Body body) {
    int tensors = offsets.length;
    int[] index = new int[dims.length - 1];
    int[] row = offsets.clone();
    int[] at = new int[tensors];
    int left = start / segments;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = left % dims[axis];
      left /= dims[axis];
      for (int t = 0; t < tensors; t++) {
        row[t] += index[axis] * strides[t][axis];
      }
    }
    int segment = start % segments;
    for (int i = start; i < end; i++) {
      int from = segment * SEGMENT;
      for (int t = 0; t < tensors; t++) {
        at[t] = row[t] + from * stride(t);
      }
      body.run(at, Math.min(SEGMENT, n - from));
      if (++segment == segments) {
        segment = 0;
        advance(index, row);
      }
    }
  }

  private void advance(int[] index, int[] row) {
    for (int axis = index.length - 1; axis >= 0; axis--) {
      boolean carry = ++index[axis] == dims[axis];
      int steps = carry ? 1 - dims[axis] : 1;
      for (int t = 0; t < row.length; t++) {
        row[t] += steps * strides[t][axis];
      }
      if (!carry) {
        return;
      }
      index[axis] = 0;
    }
  }
}
