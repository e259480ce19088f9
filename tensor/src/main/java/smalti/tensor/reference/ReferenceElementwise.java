package smalti.tensor.reference;

import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Defines the kernels that treat each element by itself.
final class ReferenceElementwise {
  private ReferenceElementwise() {}

  static void fill(double value, Tensor out) {
    Elements to = Elements.of(out);
    for (int i = 0; i < out.elements(); i++) {
      to.set(i, value);
    }
  }

  static void copy(Tensor x, Tensor out) {
    assert x.shape().equals(out.shape());
    Elements from = Elements.of(x);
    Elements to = Elements.of(out);
    for (int i = 0; i < out.elements(); i++) {
      to.set(i, from.get(i));
    }
  }

  static void unary(UnaryOp op, Tensor x, Tensor out) {
    assert x.shape().equals(out.shape());
    Elements from = Elements.of(x);
    Elements to = Elements.of(out);
    for (int i = 0; i < out.elements(); i++) {
      to.set(i, op.value(from.get(i)));
    }
  }

  static void unaryGrad(UnaryOp op, Tensor x, Tensor y, Tensor dOut, Tensor dx) {
    Elements xs = Elements.of(x);
    Elements ys = Elements.of(y);
    Elements dOuts = Elements.of(dOut);
    Elements dxs = Elements.of(dx);
    for (int i = 0; i < dx.elements(); i++) {
      dxs.set(i, dOuts.get(i) * op.slope(xs.get(i), ys.get(i)));
    }
  }

  static void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
    assert a.shape().equals(out.shape()) && b.shape().equals(out.shape());
    Elements as = Elements.of(a);
    Elements bs = Elements.of(b);
    Elements to = Elements.of(out);
    for (int i = 0; i < out.elements(); i++) {
      to.set(i, op.value(as.get(i), bs.get(i)));
    }
  }

  static void binaryGrad(BinaryOp op, boolean first, Tensor a, Tensor b, Tensor dOut, Tensor dx) {
    assert a.shape().equals(dOut.shape()) && b.shape().equals(dOut.shape());
    Elements as = Elements.of(a);
    Elements bs = Elements.of(b);
    Elements dOuts = Elements.of(dOut);
    Elements dxs = Elements.of(dx);
    for (int i = 0; i < dx.elements(); i++) {
      double u = as.get(i);
      double v = bs.get(i);
      double y = op.value(u, v);
      double slope = first ? op.slopeA(u, v, y) : op.slopeB(u, v, y);
      dxs.set(i, dOuts.get(i) * slope);
    }
  }

  static void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
    Elements conditions = Elements.of(condition);
    Elements as = Elements.of(a);
    Elements bs = Elements.of(b);
    Elements to = Elements.of(out);
    for (int i = 0; i < out.elements(); i++) {
      to.set(i, conditions.get(i) != 0 ? as.get(i) : bs.get(i));
    }
  }

  static void axpby(double alpha, Tensor x, double beta, Tensor y) {
    assert x.shape().equals(y.shape());
    Elements xs = Elements.of(x);
    Elements ys = Elements.of(y);
    for (int i = 0; i < y.elements(); i++) {
      // beta = 0 overwrites even NaN.
      ys.set(i, alpha * xs.get(i) + (beta == 0 ? 0 : beta * ys.get(i)));
    }
  }
}
