package smalti.gpu;

import smalti.gpu.kernel.Kernel;
import smalti.tensor.DType;
import smalti.tensor.Layout;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;

/// Writes the words of elementwise kernels and reductions.
abstract class ElementBackend extends Launcher {
  private static final int AXES = 6;

  ElementBackend(Device device) {
    super(device);
  }

  /// Returns whether all are F32; others are computed on the host.
  static boolean floats(Tensor... tensors) {
    for (Tensor t : tensors) {
      if (t.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  final void fillFloats(double value, Tensor out) {
    if (out.elements() == 0) {
      return;
    }
    Axes axes = Axes.of(AXES, out.shape(), out.layout());
    launch(
        call(Kernel.FILL)
            .num(out.elements())
            .scalar(value)
            .num(axes.rank())
            .num(axes.sizes())
            .writes(at(out, true), out.layout())
            .num(axes.strides()[0]));
  }

  final void copyFloats(Tensor x, Tensor out) {
    if (out.elements() == 0) {
      return;
    }
    Axes axes = Axes.of(AXES, out.shape(), x.layout(), out.layout());
    launch(
        call(Kernel.COPYING)
            .num(out.elements(), axes.rank())
            .num(axes.sizes())
            .reads(at(x, false), x.layout())
            .num(axes.strides()[0])
            .writes(at(out, true), out.layout())
            .num(axes.strides()[1]));
  }

  final void unaryFloats(UnaryOp op, Tensor x, Tensor out) {
    if (out.elements() == 0) {
      return;
    }
    if (isRecording() && Epilogue.activation(recordedLast(), op, x, out, this)) {
      return;
    }
    Axes axes = Axes.of(AXES, out.shape(), x.layout());
    launch(
        call(Kernel.UNARY)
            .num(op.ordinal(), out.elements(), axes.rank())
            .num(axes.sizes())
            .reads(at(x, false), x.layout())
            .num(axes.strides()[0])
            .writes(at(out, true), out.layout()));
  }

  final void unaryGradFloats(UnaryOp op, Tensor x, Tensor y, Tensor dOut, Tensor dx) {
    if (dx.elements() > 0) {
      launch(
          call(Kernel.UNARY_GRAD)
              .num(op.ordinal(), dx.elements())
              .reads(at(x, false), x.layout())
              .reads(at(y, false), y.layout())
              .reads(at(dOut, false), dOut.layout())
              .writes(at(dx, true), dx.layout()));
    }
  }

  final void binaryFloats(BinaryOp op, Tensor a, Tensor b, Tensor out) {
    if (out.elements() == 0) {
      return;
    }
    launch(
        pair(Kernel.BINARY, op, a, b, out.elements(), out.shape())
            .writes(at(out, true), out.layout()));
  }

  final void binaryGradFloats(
      BinaryOp op, boolean first, Tensor a, Tensor b, Tensor dOut, Tensor dx) {
    if (dx.elements() > 0) {
      launch(
          pair(Kernel.BINARY_GRAD, op, a, b, dx.elements(), dx.shape())
              .reads(at(dOut, false), dOut.layout())
              .writes(at(dx, true), dx.layout())
              .num(first ? 1 : 0));
    }
  }

  private Call pair(Kernel kernel, BinaryOp op, Tensor a, Tensor b, int n, Shape shape) {
    Axes axes = Axes.of(AXES, shape, a.layout(), b.layout());
    return call(kernel)
        .num(op.ordinal(), n, axes.rank())
        .num(axes.sizes())
        .reads(at(a, false), a.layout())
        .num(axes.strides()[0])
        .reads(at(b, false), b.layout())
        .num(axes.strides()[1]);
  }

  final void whereFloats(Tensor condition, Tensor a, Tensor b, Tensor out) {
    if (out.elements() == 0) {
      return;
    }
    Axes axes = Axes.of(AXES, out.shape(), condition.layout(), a.layout(), b.layout());
    launch(
        call(Kernel.WHERE)
            .num(out.elements(), axes.rank())
            .num(axes.sizes())
            .reads(at(condition, false), condition.layout())
            .num(axes.strides()[0])
            .reads(at(a, false), a.layout())
            .num(axes.strides()[1])
            .reads(at(b, false), b.layout())
            .num(axes.strides()[2])
            .writes(at(out, true), out.layout()));
  }

  final void reduceFloats(ReduceOp op, Tensor x, Tensor out) {
    int rank = x.rank();
    int results = out.elements();
    if (results == 0) {
      return;
    }
    int[] kept = new int[rank];
    int[] gone = new int[rank];
    int terms = 1;
    for (int d = 0; d < rank; d++) {
      boolean reduced = out.dim(d) == 1;
      kept[d] = reduced ? 1 : x.dim(d);
      gone[d] = reduced ? x.dim(d) : 1;
      terms *= gone[d];
    }
    int[] strides = x.layout().strides();
    Axes outer = Axes.of(AXES, kept, strides);
    Axes inner = Axes.of(AXES, gone, strides);
    Layout layout = x.layout();
    boolean few = results < 512 && terms >= 64;
    launch(
        call(few ? Kernel.REDUCE_BY_GROUP : Kernel.REDUCE_BY_THREAD)
            .num(op.ordinal(), results, terms)
            .reads(at(x, false), layout)
            .writes(at(out, true), out.layout())
            .num(outer.rank())
            .num(outer.sizes())
            .num(outer.strides()[0])
            .num(inner.rank())
            .num(inner.sizes())
            .num(inner.strides()[0]));
  }
}
