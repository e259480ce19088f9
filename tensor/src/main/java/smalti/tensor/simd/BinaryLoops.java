package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import smalti.tensor.backend.BinaryOp;

/// Computes functions of two arguments for whole vectors: `n` is a multiple of [Lanes#COUNT].
final class BinaryLoops {
  private BinaryLoops() {}

  static void run(
      BinaryOp op, float[] a, int aAt, float[] b, int bAt, float[] out, int outAt, int n) {
    switch (op) {
      case ADD -> add(a, aAt, b, bAt, out, outAt, n);
      case SUB -> sub(a, aAt, b, bAt, out, outAt, n);
      case MUL -> mul(a, aAt, b, bAt, out, outAt, n);
      case DIV -> div(a, aAt, b, bAt, out, outAt, n);
      case MAXIMUM -> maximum(a, aAt, b, bAt, out, outAt, n);
      case MINIMUM -> minimum(a, aAt, b, bAt, out, outAt, n);
      case EQ -> eq(a, aAt, b, bAt, out, outAt, n);
      case NE -> ne(a, aAt, b, bAt, out, outAt, n);
      case LT -> lt(a, aAt, b, bAt, out, outAt, n);
      case LE -> le(a, aAt, b, bAt, out, outAt, n);
      case GT -> gt(a, aAt, b, bAt, out, outAt, n);
      case GE -> ge(a, aAt, b, bAt, out, outAt, n);
      case POW -> throw new AssertionError(op);
    }
  }

  private static FloatVector one(VectorMask<Float> where) {
    return all(0f).blend(1f, where);
  }

  private static void add(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      a.add(b).intoArray(out, outAt + i);
    }
  }

  private static void sub(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      a.sub(b).intoArray(out, outAt + i);
    }
  }

  private static void mul(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      a.mul(b).intoArray(out, outAt + i);
    }
  }

  private static void div(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      a.div(b).intoArray(out, outAt + i);
    }
  }

  private static void maximum(
      float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      a.max(b).intoArray(out, outAt + i);
    }
  }

  private static void minimum(
      float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      a.min(b).intoArray(out, outAt + i);
    }
  }

  private static void eq(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      one(a.compare(VectorOperators.EQ, b)).intoArray(out, outAt + i);
    }
  }

  private static void ne(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      one(a.compare(VectorOperators.NE, b)).intoArray(out, outAt + i);
    }
  }

  private static void lt(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      one(a.compare(VectorOperators.LT, b)).intoArray(out, outAt + i);
    }
  }

  private static void le(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      one(a.compare(VectorOperators.LE, b)).intoArray(out, outAt + i);
    }
  }

  private static void gt(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      one(a.compare(VectorOperators.GT, b)).intoArray(out, outAt + i);
    }
  }

  private static void ge(float[] as, int aAt, float[] bs, int bAt, float[] out, int outAt, int n) {
    for (int i = 0; i < n; i += COUNT) {
      FloatVector a = load(as, aAt + i);
      FloatVector b = load(bs, bAt + i);
      one(a.compare(VectorOperators.GE, b)).intoArray(out, outAt + i);
    }
  }
}
