package smalti.tests.parity;

import static smalti.tests.parity.Operands.SIZES;
import static smalti.tests.parity.Operands.blank;
import static smalti.tests.parity.Operands.corners;
import static smalti.tests.parity.Operands.lying;
import static smalti.tests.parity.Operands.normal;
import static smalti.tests.parity.Operands.uniform;

import java.util.ArrayList;
import java.util.List;
import smalti.tensor.DType;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;
import smalti.tests.parity.Operands.Lie;

/// Lists the cases of the elementwise kernels, random numbers and the optimiser.
final class ElementCases {
  private static final double EXACT = 0;
  private static final double ROUNDED = 1e-6;
  private final List<Case> cases = new ArrayList<>();

  private ElementCases() {}

  static List<Case> all() {
    ElementCases all = new ElementCases();
    for (int n : SIZES) {
      all.fillAndCopy(n);
      all.unary(n);
      all.binary(n);
      all.inPlace(n);
      all.random(n);
      all.adam(n);
    }
    all.conversions();
    return all.cases;
  }

  private void fillAndCopy(int n) {
    for (Lie lie : Lie.values()) {
      cases.add(
          new Case(
              "fill",
              "%d %s".formatted(n, lie),
              EXACT,
              backend -> {
                Tensor out = blank(lie, 3, n);
                backend.fill(1.5, out);
                return List.of(out);
              }));
      for (Lie from : Lie.values()) {
        copy(n + " " + from + " to " + lie, lying(from, corners("copy", 3, n)), lie);
        copy(n + " rank 3 " + from + " to " + lie, lying(from, normal("c3", 2, n, 5)), lie);
      }
      Shape shape = Shape.of(2, n, 3);
      copy(n + " expanded column to " + lie, normal("copy", n, 1).expand(shape), lie);
      copy(n + " expanded row to " + lie, normal("copy", 3).expand(shape), lie);
      copy(n + " permuted to " + lie, normal("copy", n, 2, 3).permute(1, 0, 2), lie);
      copy(n + " rotated to " + lie, normal("copy", 3, 2, n).permute(1, 2, 0), lie);
    }
  }

  private void copy(String variant, Tensor x, Lie lie) {
    cases.add(
        new Case(
            "copy",
            variant,
            EXACT,
            backend -> {
              Tensor out = blank(lie, x.shape().toArray());
              backend.copy(x, out);
              return List.of(out);
            }));
  }

  private void conversions() {
    for (DType from : DType.values()) {
      for (DType to : DType.values()) {
        Tensor x = Backends.with(Backends.reference(), () -> normal("convert", 37).mul(9).to(from));
        cases.add(
            new Case(
                "copy",
                from + " to " + to,
                EXACT,
                backend -> {
                  Tensor out = Tensor.zeros(x.shape(), to);
                  backend.copy(x, out);
                  return List.of(out);
                }));
      }
    }
  }

  private void unary(int n) {
    for (UnaryOp op : UnaryOp.values()) {
      Tensor smooth = uniform("unary" + op, op.low(), op.high(), 3, n);
      Tensor wild = corners("unary" + op, 3, n);
      for (Lie lie : Lie.values()) {
        unary(op, n + " " + lie, lying(lie, smooth));
        unary(op, n + " corners " + lie, lying(lie, wild));
      }
      unary(
          op,
          n + " expanded",
          uniform("unary" + op, op.low(), op.high(), n, 1).expand(smoothed(n)));
      for (Lie lie : Operands.dense()) {
        unaryGrad(op, n + " " + lie, lie, smooth);
        if (!overflowsInFloat(op)) {
          unaryGrad(op, n + " corners " + lie, lie, wild);
        }
      }
    }
  }

  private static Shape smoothed(int n) {
    return Shape.of(2, n, 4);
  }

  /// Returns whether the slope passes through powers that float cannot hold where double can.
  private static boolean overflowsInFloat(UnaryOp op) {
    return op == UnaryOp.RSQRT || op == UnaryOp.RECIPROCAL;
  }

  private void unary(UnaryOp op, String variant, Tensor x) {
    cases.add(
        new Case(
            "unary",
            op + " " + variant,
            ROUNDED,
            backend -> {
              Tensor out = blank(Lie.OFFSET, x.shape().toArray());
              backend.unary(op, x, out);
              return List.of(out);
            }));
  }

  private void unaryGrad(UnaryOp op, String variant, Lie lie, Tensor values) {
    Tensor x = lying(lie, values);
    Tensor y = Backends.with(Backends.reference(), () -> values.unary(op));
    Tensor dOut = normal("dOut", x.shape().toArray());
    cases.add(
        new Case(
            "unaryGrad",
            op + " " + variant,
            3 * ROUNDED,
            backend -> {
              Tensor dx = blank(lie, x.shape().toArray());
              backend.unaryGrad(op, x, y, dOut, dx);
              return List.of(dx);
            }));
  }

  private void binary(int n) {
    Shape shape = Shape.of(3, n);
    List<Tensor> operands =
        List.of(
            normal("left", 3, n),
            lying(Lie.OFFSET, normal("offset", 3, n)),
            lying(Lie.SLICED, normal("sliced", 3, n)),
            lying(Lie.TRANSPOSED, normal("transposed", 3, n)),
            normal("row", n).expand(shape),
            normal("column", 3, 1).expand(shape),
            normal("scalar").expand(shape));
    for (BinaryOp op : BinaryOp.values()) {
      for (int i = 0; i < operands.size(); i++) {
        binary(op, n + " dense by " + i, operands.getFirst(), operands.get(i));
        binary(op, n + " " + i + " by dense", operands.get(i), operands.getFirst());
        if (!op.isComparison()) {
          binaryGrads(op, n + " dense by " + i, operands.getFirst(), operands.get(i));
        }
      }
      binary(op, n + " corners", corners("left", 3, n), corners("rght", 3, n));
      if (op == BinaryOp.MAXIMUM || op == BinaryOp.MINIMUM) { // both have some corners: ties
        binaryGrads(op, n + " corners", corners("left", 3, n), corners("rght", 3, n));
      }
      binary(op, n + " row corners", corners("left", 3, n), corners("row", n).expand(shape));
      Shape deep = Shape.of(2, 3, n, 2);
      binary(op, n + " deep", normal("left", 3, 1, 2).expand(deep), normal("n", n, 1).expand(deep));
    }
    where(n);
  }

  private void binary(BinaryOp op, String variant, Tensor a, Tensor b) {
    cases.add(
        new Case(
            "binary",
            op + " " + variant,
            ROUNDED,
            backend -> {
              Tensor out = blank(Lie.OFFSET, a.shape().toArray());
              backend.binary(op, a, b, out);
              return List.of(out);
            }));
  }

  private void binaryGrads(BinaryOp op, String variant, Tensor a, Tensor b) {
    Tensor dOut = normal("dOut", a.shape().toArray());
    for (boolean first : new boolean[] {true, false}) {
      cases.add(
          new Case(
              "binaryGrad",
              op + (first ? " first " : " second ") + variant,
              3 * ROUNDED,
              backend -> {
                Tensor dx = blank(Lie.OFFSET, a.shape().toArray());
                backend.binaryGrad(op, first, a, b, dOut, dx);
                return List.of(dx);
              }));
    }
  }

  private void where(int n) {
    Shape shape = Shape.of(3, n);
    Tensor flags = Operands.ids("flags", 2, 3, n);
    List<Tensor> conditions =
        List.of(
            flags,
            Backends.with(Backends.reference(), () -> flags.to(DType.F32)),
            Operands.ids("flags", 2, n).expand(shape),
            corners("flags", 3, 1).expand(shape));
    for (int i = 0; i < conditions.size(); i++) {
      Tensor condition = conditions.get(i);
      cases.add(
          new Case(
              "where",
              n + " condition " + i,
              EXACT,
              backend -> {
                Tensor out = blank(Lie.OFFSET, 3, n);
                Tensor a = lying(Lie.TRANSPOSED, corners("a", 3, n));
                backend.where(condition, a, normal("b", n).expand(shape), out);
                return List.of(out);
              }));
    }
  }

  private void inPlace(int n) {
    for (double beta : new double[] {0, 1, -0.5}) {
      cases.add(
          new Case(
              "axpby",
              n + " beta " + beta,
              ROUNDED,
              backend -> {
                Tensor y = lying(Lie.OFFSET, beta == 0 ? corners("y", n) : normal("y", n));
                backend.axpby(1.5, normal("x", n), beta, y);
                return List.of(y);
              }));
    }
    cases.add(
        new Case(
            "unary",
            "in place " + n,
            ROUNDED,
            backend -> {
              Tensor x = normal("x", n);
              backend.unary(UnaryOp.TANH, x, x);
              return List.of(x);
            }));
    cases.add(
        new Case(
            "binary",
            "in place " + n,
            ROUNDED,
            backend -> {
              Tensor x = normal("x", 3, n);
              backend.binary(BinaryOp.SUB, normal("a", n).expand(x.shape()), x, x);
              return List.of(x);
            }));
  }

  private void random(int n) {
    for (Lie lie : Operands.dense()) {
      cases.add(
          new Case(
              "uniform",
              n + " " + lie,
              EXACT,
              backend -> {
                Tensor out = blank(lie, n);
                backend.uniform(42, out);
                return List.of(out);
              }));
      cases.add(
          new Case(
              "normal",
              n + " " + lie,
              ROUNDED,
              backend -> {
                Tensor out = blank(lie, n);
                backend.normal(42, out);
                return List.of(out);
              }));
      for (double p : new double[] {0, 0.1, 0.9}) {
        cases.add(
            new Case(
                "dropout",
                n + " p " + p + " " + lie,
                ROUNDED,
                backend -> {
                  Tensor out = blank(lie, n);
                  backend.dropout(corners("x", n), 42, p, out);
                  return List.of(out);
                }));
      }
    }
  }

  private void adam(int n) {
    for (int step : new int[] {1, 10}) {
      cases.add(
          new Case(
              "adamStep",
              n + " step " + step,
              ROUNDED,
              backend -> {
                Tensor param = lying(Lie.OFFSET, normal("param", n));
                Tensor m = normal("m", n);
                Tensor v = uniform("v", 0.01, 1, n);
                Tensor grad = normal("grad", n);
                backend.adamStep(param, grad, 0.01, 0.9, 0.96, 1e-8, 0.1, step, m, v);
                return List.of(param, m, v);
              }));
    }
  }
}
