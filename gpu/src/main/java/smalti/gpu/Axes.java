package smalti.gpu;

import java.util.Arrays;
import smalti.tensor.Layout;
import smalti.tensor.Shape;

/// Is a walk over several views of one shape, with as few axes as their strides allow.
///
/// @param rank number of axes that are left
/// @param sizes their sizes, filled up with ones
/// @param strides of each view, filled up with zeros
record Axes(int rank, int[] sizes, int[][] strides) {

  /// Joins neighbouring axes and drops those of size 1.
  ///
  /// @param most how many axes a kernel takes
  static Axes of(int most, Shape shape, Layout... views) {
    int[][] strides = new int[views.length][];
    for (int v = 0; v < views.length; v++) {
      strides[v] = views[v].strides();
    }
    return of(most, shape.toArray(), strides);
  }

  static Axes of(int most, int[] shape, int[]... views) {
    int[] sizes = new int[shape.length];
    int[][] strides = new int[views.length][shape.length];
    int rank = 0;
    for (int d = 0; d < shape.length; d++) {
      if (shape[d] == 1) {
        continue;
      }
      boolean joins = rank > 0;
      for (int v = 0; joins && v < views.length; v++) {
        joins = strides[v][rank - 1] == views[v][d] * shape[d];
      }
      int at = joins ? rank - 1 : rank++;
      sizes[at] = joins ? sizes[at] * shape[d] : shape[d];
      for (int v = 0; v < views.length; v++) {
        strides[v][at] = views[v][d];
      }
    }
    if (rank > most) {
      throw new IllegalArgumentException(
          "gpu: a tensor of shape %s lies along %d axes that cannot be joined; at most %d"
              .formatted(Arrays.toString(shape), rank, most));
    }
    int[] filled = Arrays.copyOf(sizes, most);
    Arrays.fill(filled, rank, most, 1);
    for (int v = 0; v < views.length; v++) {
      strides[v] = Arrays.copyOf(Arrays.copyOf(strides[v], rank), most);
    }
    return new Axes(rank, filled, strides);
  }
}
