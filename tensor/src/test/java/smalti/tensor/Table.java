package smalti.tensor;

import java.util.Arrays;
import java.util.function.ToIntFunction;

/// Is the naive truth about views: every element written out in row-major order.
record Table(int[] sizes, int[] data) {

  /// Returns a table whose element at each index is given by a function of the index.
  static Table of(int[] sizes, ToIntFunction<int[]> element) {
    int[] data = new int[Arrays.stream(sizes).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < data.length; i++) {
      data[i] = element.applyAsInt(index(sizes, i));
    }
    return new Table(sizes, data);
  }

  static Table counting(int... sizes) {
    int[] next = {100};
    return of(sizes, index -> next[0]++);
  }

  static int[] index(int[] sizes, int flat) {
    int[] index = new int[sizes.length];
    int rest = flat;
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      index[axis] = rest % sizes[axis];
      rest /= sizes[axis];
    }
    return index;
  }

  int rank() {
    return sizes.length;
  }

  int at(int... index) {
    int flat = 0;
    for (int axis = 0; axis < sizes.length; axis++) {
      flat = flat * sizes[axis] + index[axis];
    }
    return data[flat];
  }

  Table permute(int... axes) {
    int[] moved = Arrays.stream(axes).map(a -> sizes[a]).toArray();
    return of(
        moved,
        index -> {
          int[] from = new int[axes.length];
          for (int i = 0; i < axes.length; i++) {
            from[axes[i]] = index[i];
          }
          return at(from);
        });
  }

  Table slice(int axis, int start, int end) {
    int[] cut = sizes.clone();
    cut[axis] = end - start;
    return of(
        cut,
        index -> {
          int[] from = index.clone();
          from[axis] += start;
          return at(from);
        });
  }

  Table expand(int... target) {
    int lead = target.length - sizes.length;
    return of(
        target,
        index -> {
          int[] from = Arrays.copyOfRange(index, lead, index.length);
          for (int axis = 0; axis < from.length; axis++) {
            from[axis] = sizes[axis] == 1 ? 0 : from[axis];
          }
          return at(from);
        });
  }

  Table reshape(int... target) {
    return new Table(target, data);
  }
}
