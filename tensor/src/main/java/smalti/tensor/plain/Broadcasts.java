package smalti.tensor.plain;

import smalti.tensor.Parallel;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.plain.Scratch.Slot;

/// Does the elementwise kernels on operands of any strides. A run of an operand that is not dense
/// is copied to a small buffer first, so that each function needs one loop only.
final class Broadcasts {
  private static final int PIECE = 1 << 15;
  private final ElementLoops loops;

  Broadcasts(ElementLoops loops) {
    this.loops = loops;
  }

  void unary(UnaryOp op, Tensor x, Tensor out) {
    float[] xs = Floats.array(x);
    float[] o = Floats.array(out);
    Walk walk = Walk.over(x, out);
    int stride = walk.stride(0);
    walk.run(
        costs(op) ? 1 << 13 : PIECE,
        (at, n) -> {
          if (stride != 1) {
            Copies.strided(xs, at[0], stride, n, o, at[1]);
          }
          boolean dense = stride == 1;
          loops.unary(op, dense ? xs : o, dense ? at[0] : at[1], o, at[1], n);
        });
  }

  private static boolean costs(UnaryOp op) {
    return switch (op) {
      case NEG, ABS, RECIPROCAL, SQUARE, SQRT, RSQRT, RELU -> false;
      default -> true;
    };
  }

  void unaryGrad(UnaryOp op, Tensor x, Tensor y, Tensor dOut, Tensor dx) {
    Parallel.range(
        x.elements(),
        costs(op) ? 1 << 13 : PIECE,
        (s, e) ->
            loops.unaryGrad(
                op,
                Floats.array(x),
                Floats.at(x) + s,
                Floats.array(y),
                Floats.at(y) + s,
                Floats.array(dOut),
                Floats.at(dOut) + s,
                Floats.array(dx),
                Floats.at(dx) + s,
                e - s));
  }

  void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
    float[] as = Floats.array(a);
    float[] bs = Floats.array(b);
    float[] o = Floats.array(out);
    Walk walk = Walk.over(a, b, out);
    int aStride = walk.stride(0);
    int bStride = walk.stride(1);
    walk.run((at, n) -> {
      float[] av = dense(as, at[0], aStride, n, Slot.A);
      float[] bv = dense(bs, at[1], bStride, n, Slot.B);
      loops.binary(op, av, aStride == 1 ? at[0] : 0, bv, bStride == 1 ? at[1] : 0, o, at[2], n);
    });
  }

  /// Returns the array itself where the run is dense, otherwise a buffer that has it from place 0.
  private static float[] dense(float[] x, int at, int stride, int n, Slot slot) {
    if (stride == 1) {
      return x;
    }
    float[] buffer = Scratch.floats(slot, Walk.SEGMENT);
    Copies.strided(x, at, stride, n, buffer, 0);
    return buffer;
  }

  /// Returns whether [#binaryGrad] does the function.
  static boolean hasGrad(BinaryOp op) {
    return switch (op) {
      case ADD, SUB, MUL, DIV, MAXIMUM, MINIMUM -> true;
      default -> false;
    };
  }

  void binaryGrad(BinaryOp op, boolean first, Tensor a, Tensor b, Tensor dOut, Tensor dx) {
    switch (op) {
      case ADD -> Copies.copy(dOut, dx);
      case SUB -> {
        if (first) {
          Copies.copy(dOut, dx);
        } else {
          unary(UnaryOp.NEG, dOut, dx);
        }
      }
      case MUL -> binary(BinaryOp.MUL, dOut, first ? b : a, dx);
      case DIV -> {
        binary(BinaryOp.DIV, dOut, b, dx);
        if (!first) { // −dOut·a/b²
          binary(BinaryOp.MUL, dx, a, dx);
          binary(BinaryOp.DIV, dx, b, dx);
          unary(UnaryOp.NEG, dx, dx);
        }
      }
      case MAXIMUM -> largerGrad(first ? a : b, first ? b : a, dOut, dx);
      case MINIMUM -> largerGrad(first ? b : a, first ? a : b, dOut, dx);
      default -> throw new AssertionError(op);
    }
  }

  /// Computes `dOut` where `a > b`, half of it where they are equal, and elsewhere 0 times it.
  private static void largerGrad(Tensor a, Tensor b, Tensor dOut, Tensor dx) {
    float[] as = Floats.array(a);
    float[] bs = Floats.array(b);
    float[] ds = Floats.array(dOut);
    float[] o = Floats.array(dx);
    Walk walk = Walk.over(a, b, dOut, dx);
    int aStride = walk.stride(0);
    int bStride = walk.stride(1);
    int dStride = walk.stride(2);
    walk.run((at, n) -> {
      for (int i = 0; i < n; i++) {
        float u = as[at[0] + i * aStride];
        float v = bs[at[1] + i * bStride];
        float slope = u > v ? 1 : u == v ? 0.5f : 0;
        o[at[3] + i] = ds[at[2] + i * dStride] * slope;
      }
    });
  }

  void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
    Storage c = condition.storage();
    float[] as = Floats.array(a);
    float[] bs = Floats.array(b);
    float[] o = Floats.array(out);
    Walk walk = Walk.over(condition, a, b, out);
    int cStride = walk.stride(0);
    int aStride = walk.stride(1);
    int bStride = walk.stride(2);
    walk.run((at, n) -> {
      for (int i = 0; i < n; i++) {
        o[at[3] + i] =
            c.get(at[0] + i * cStride) != 0 ? as[at[1] + i * aStride] : bs[at[2] + i * bStride];
      }
    });
  }

  void axpby(double alpha, Tensor x, double beta, Tensor y) {
    Parallel.range(
        x.elements(),
        PIECE,
        (s, e) ->
            loops.axpby(
                (float) alpha,
                Floats.array(x),
                Floats.at(x) + s,
                (float) beta,
                Floats.array(y),
                Floats.at(y) + s,
                e - s));
  }

  void adam(ElementLoops.AdamStep step, Tensor param, Tensor grad, Tensor m, Tensor v) {
    Parallel.range(
        param.elements(),
        PIECE,
        (s, e) ->
            loops.adam(
                step,
                Floats.array(param),
                Floats.at(param) + s,
                Floats.array(grad),
                Floats.at(grad) + s,
                Floats.array(m),
                Floats.at(m) + s,
                Floats.array(v),
                Floats.at(v) + s,
                e - s));
  }
}
