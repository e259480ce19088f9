package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Holds the kernels with indices. Their gradients sum in the order of the places, one owner for
/// each result: the host sorts the places by index.
final class Indices {
  private Indices() {}

  static void embedding(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int n = program.get(p);
    int columns = program.get(p + 1);
    int weight = program.get(p + 2);
    int ids = program.get(p + 3);
    int out = program.get(p + 4);
    for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
      int row = i / columns;
      heap.set(out + i, heap.get(weight + ints.get(ids + row) * columns + i - row * columns));
    }
  }

  static void embeddingGrad(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int n = program.get(p);
    int columns = program.get(p + 1);
    int starts = program.get(p + 2);
    int places = program.get(p + 3);
    int d = program.get(p + 4);
    int dWeight = program.get(p + 5);
    for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
      int id = i / columns;
      int column = i - id * columns;
      int end = ints.get(starts + id + 1);
      float sum = 0f;
      for (int j = ints.get(starts + id); j < end; j++) {
        sum += heap.get(d + ints.get(places + j) * columns + column);
      }
      heap.set(dWeight + i, sum);
    }
  }

  static void gather(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int n = program.get(p);
    int columns = program.get(p + 1);
    int picks = program.get(p + 2);
    int x = program.get(p + 3);
    int index = program.get(p + 4);
    int out = program.get(p + 5);
    for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
      heap.set(out + i, heap.get(x + i / picks * columns + ints.get(index + i)));
    }
  }

  static void gatherGrad(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int rows = program.get(p);
    int columns = program.get(p + 1);
    int picks = program.get(p + 2);
    int index = program.get(p + 3);
    int d = program.get(p + 4);
    int dx = program.get(p + 5);
    for (int row = c.globalIdx; row < rows; row += c.globalGroupSizeX) {
      int to = dx + row * columns;
      for (int i = 0; i < columns; i++) {
        heap.set(to + i, 0f);
      }
      for (int j = 0; j < picks; j++) {
        int at = to + ints.get(index + row * picks + j);
        heap.set(at, heap.get(at) + heap.get(d + row * picks + j));
      }
    }
  }
}
