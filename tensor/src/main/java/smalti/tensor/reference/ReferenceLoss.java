package smalti.tensor.reference;

import smalti.tensor.Tensor;

/// Defines the cross-entropy loss. Rows with a negative target are ignored.
final class ReferenceLoss {
  private ReferenceLoss() {}

  static void crossEntropy(Tensor logits, Tensor targets, Tensor loss, Tensor lse) {
    int classes = logits.dim(-1);
    Elements ls = Elements.of(logits);
    Elements ids = Elements.of(targets);
    Elements losses = Elements.of(loss);
    Elements lses = Elements.of(lse);
    for (int row = 0; row < Elements.rows(logits); row++) {
      int target = (int) ids.get(row);
      assert target < classes;
      double logSum = ReferenceRows.logSumExp(ls, row * classes, classes);
      losses.set(row, target < 0 ? 0 : logSum - ls.get(row * classes + target));
      lses.set(row, logSum);
    }
  }

  static void crossEntropyGrad(Tensor logits, Tensor targets, Tensor lse, Tensor dLoss, Tensor dx) {
    int classes = logits.dim(-1);
    Elements ls = Elements.of(logits);
    Elements ids = Elements.of(targets);
    Elements lses = Elements.of(lse);
    Elements dLosses = Elements.of(dLoss);
    Elements dxs = Elements.of(dx);
    for (int row = 0; row < Elements.rows(logits); row++) {
      int target = (int) ids.get(row);
      for (int c = 0; c < classes; c++) {
        int i = row * classes + c;
        double p = Math.exp(ls.get(i) - lses.get(row));
        dxs.set(i, target < 0 ? 0 : (p - (c == target ? 1 : 0)) * dLosses.get(row));
      }
    }
  }
}
