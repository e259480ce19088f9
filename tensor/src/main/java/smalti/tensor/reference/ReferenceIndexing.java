package smalti.tensor.reference;

import smalti.tensor.Tensor;

/// Defines the kernels that read and add at given indices.
final class ReferenceIndexing {
  private ReferenceIndexing() {}

  static void embedding(Tensor weight, Tensor ids, Tensor out) {
    int columns = weight.dim(1);
    Elements weights = Elements.of(weight);
    Elements rows = Elements.of(ids);
    Elements to = Elements.of(out);
    for (int i = 0; i < ids.elements(); i++) {
      int row = (int) rows.get(i);
      assert row >= 0 && row < weight.dim(0);
      for (int c = 0; c < columns; c++) {
        to.set(i * columns + c, weights.get(row * columns + c));
      }
    }
  }

  static void embeddingGrad(Tensor ids, Tensor dOut, Tensor dWeight) {
    int columns = dWeight.dim(1);
    Elements rows = Elements.of(ids);
    Elements dOuts = Elements.of(dOut);
    double[] sums = new double[dWeight.elements()];
    for (int i = 0; i < ids.elements(); i++) {
      int row = (int) rows.get(i);
      for (int c = 0; c < columns; c++) {
        sums[row * columns + c] += dOuts.get(i * columns + c);
      }
    }
    store(sums, dWeight);
  }

  static void gather(Tensor x, Tensor index, Tensor out) {
    int columns = x.dim(-1);
    int taken = index.dim(-1);
    Elements xs = Elements.of(x);
    Elements places = Elements.of(index);
    Elements to = Elements.of(out);
    for (int i = 0; i < index.elements(); i++) {
      int row = i / taken;
      int place = (int) places.get(i);
      assert place >= 0 && place < columns;
      to.set(i, xs.get(row * columns + place));
    }
  }

  static void gatherGrad(Tensor index, Tensor dOut, Tensor dx) {
    int columns = dx.dim(-1);
    int taken = index.dim(-1);
    Elements places = Elements.of(index);
    Elements dOuts = Elements.of(dOut);
    double[] sums = new double[dx.elements()];
    for (int i = 0; i < index.elements(); i++) {
      int row = i / taken;
      sums[row * columns + (int) places.get(i)] += dOuts.get(i);
    }
    store(sums, dx);
  }

  private static void store(double[] values, Tensor out) {
    Elements to = Elements.of(out);
    for (int i = 0; i < values.length; i++) {
      to.set(i, values[i]);
    }
  }
}
