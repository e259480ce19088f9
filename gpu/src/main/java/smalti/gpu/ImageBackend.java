package smalti.gpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import smalti.gpu.kernel.Kernel;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Layout;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Writes the words of products, images and attention.
abstract class ImageBackend extends RowBackend {
  private static final int WIDEST_HEAD = 128;

  ImageBackend(Device device) {
    super(device);
  }

  final void matmulFloats(Tensor a, Tensor b, boolean accumulate, Tensor out) {
    if (out.elements() == 0) {
      return;
    }
    int rank = out.rank();
    int[] batch = Arrays.copyOf(out.shape().toArray(), rank - 2);
    int[] stridesA = Arrays.copyOf(a.layout().strides(), rank - 2);
    int[] stridesB = Arrays.copyOf(b.layout().strides(), rank - 2);
    Axes axes = Axes.of(4, batch, stridesA, stridesB);
    // The kernel goes over the sizes from the right, so they stand at the right.
    int[] sizes = right(axes.sizes(), axes.rank(), 1);
    int count = 1;
    for (int size : batch) {
      count *= size;
    }
    launch(
        call(Kernel.MATMUL)
            .num(count, out.dim(-2), out.dim(-1), a.dim(-1))
            .num(sizes)
            .reads(at(a, false), a.layout())
            .num(right(axes.strides()[0], axes.rank(), 0))
            .num(a.layout().stride(-2), a.layout().stride(-1))
            .reads(at(b, false), b.layout())
            .num(right(axes.strides()[1], axes.rank(), 0))
            .num(b.layout().stride(-2), b.layout().stride(-1))
            .writes(accumulate ? changed(out) : at(out, true), out.layout())
            .num(accumulate ? 1 : 0)
            .num(0, 0) // no bias
            .num(-1, 0)); // no activation
  }

  private static int[] right(int[] values, int count, int rest) {
    int[] moved = new int[values.length];
    Arrays.fill(moved, rest);
    System.arraycopy(values, 0, moved, values.length - count, count);
    return moved;
  }

  final void addBiasFloats(Tensor bias, Tensor y) {
    if (y.elements() == 0 || isRecording() && Epilogue.bias(recordedLast(), bias, y, this)) {
      return;
    }
    launch(
        call(Kernel.ADD_BIAS)
            .num(y.elements(), bias.elements())
            .reads(at(bias, false), bias.layout())
            .writes(changed(y), y.layout()));
  }

  /// @param kind 0 the result (x, weight → dOut), 1 the gradient of x, 2 of the weight
  final void convolve(
      int kind,
      Tensor x,
      Tensor weight,
      Tensor dOut,
      @Nullable Tensor bias,
      int stride,
      int padding) {
    int channels = x.dim(1);
    int outputs = dOut.dim(1);
    int kh = weight.dim(2);
    int kw = weight.dim(3);
    int pixels = x.dim(0) * x.dim(2) * x.dim(3);
    int places = dOut.dim(0) * dOut.dim(2) * dOut.dim(3);
    Tensor result = kind == 0 ? dOut : kind == 1 ? x : weight;
    if (result.elements() == 0) {
      return;
    }
    int m = kind == 1 ? channels : outputs;
    int n = kind == 0 ? places : kind == 1 ? pixels : channels * kh * kw;
    int k = kind == 0 ? channels * kh * kw : kind == 1 ? outputs * kh * kw : places;
    Call call =
        call(Kernel.CONVOLUTION)
            .num(kind, m, n, k, outputs, channels, x.dim(2), x.dim(3), kh, kw)
            .num(dOut.dim(2), dOut.dim(3), stride, padding);
    operand(call, x, kind == 1);
    operand(call, weight, kind == 2);
    operand(call, dOut, kind == 0);
    call.writes(at(result, true), result.layout()).num(bias == null ? 0 : 1);
    if (bias != null) {
      call.reads(at(bias, false), bias.layout());
    } else {
      call.num(0);
    }
    launch(call);
  }

  private void operand(Call call, Tensor t, boolean isResult) {
    if (isResult) {
      call.num(0);
    } else {
      call.reads(at(t, false), t.layout());
    }
  }

  private static int planes(Tensor x) {
    return x.dim(0) * x.dim(1);
  }

  final void pool(Tensor x, int kernel, Tensor out, boolean maximum) {
    pool(x, kernel, out, maximum, 1.0 / kernel / kernel);
  }

  final void poolSum(Tensor x, int kernel, Tensor out) {
    pool(x, kernel, out, false, 1);
  }

  private void pool(Tensor x, int kernel, Tensor out, boolean maximum, double factor) {
    if (out.elements() > 0) {
      launch(
          call(Kernel.POOL)
              .num(planes(x), x.dim(2), x.dim(3), kernel)
              .reads(at(x, false), x.layout())
              .writes(at(out, true), out.layout())
              .num(maximum ? 1 : 0)
              .scalar(factor));
    }
  }

  final void maxPoolGrad(Tensor x, Tensor dOut, int kernel, Tensor dx) {
    if (dx.elements() > 0) {
      launch(
          call(Kernel.MAX_POOL_GRAD)
              .num(planes(x), x.dim(2), x.dim(3), kernel)
              .reads(at(x, false), x.layout())
              .reads(at(dOut, false), dOut.layout())
              .writes(at(dx, true), dx.layout()));
    }
  }

  final void spread(Tensor x, int scale, Tensor out, double factor) {
    if (out.elements() > 0) {
      launch(
          call(Kernel.SPREAD)
              .num(planes(out), out.dim(2), out.dim(3), scale)
              .reads(at(x, false), x.layout())
              .writes(at(out, true), out.layout())
              .scalar(factor));
    }
  }

  // ---- attention ----

  private Call attend(
      Kernel kernel, Tensor q, Tensor k, Tensor v, Tensor out, Tensor lse, double scale) {
    if (q.dim(3) > WIDEST_HEAD) {
      throw new IllegalArgumentException(
          "gpu: attention takes heads of width %d at most; q is %s"
              .formatted(WIDEST_HEAD, q.shape()));
    }
    boolean forward = kernel == Kernel.ATTENTION;
    Call call = call(kernel).num(q.dim(0), q.dim(1), q.dim(2), k.dim(2), q.dim(3)).scalar(scale);
    if (forward) {
      call.writes(at(lse, true), lse.layout());
    } else {
      call.reads(at(lse, false), lse.layout());
    }
    head(call, q, false);
    head(call, k, false);
    head(call, v, false);
    head(call, out, forward);
    return call;
  }

  /// Returns heads (B, H, T, D) with dense rows, which the kernels need: the tensor itself or a
  /// copy.
  private Tensor dense(Tensor x) {
    if (isDense(x)) {
      return x;
    }
    Tensor t = new Tensor(allocateFloats(x.elements()), Layout.contiguous(x.shape()));
    copyFloats(x, t);
    return t;
  }

  private static boolean isDense(Tensor x) {
    return x.dim(3) <= 1 || x.layout().stride(3) == 1;
  }

  private void head(Call call, Tensor t, boolean writes) {
    if (!isDense(t)) {
      throw new IllegalArgumentException(
          "gpu: attention writes to tensors with dense rows only; got strides "
              + Arrays.toString(t.layout().strides()));
    }
    Layout l = t.layout();
    GpuStorage s = at(t, writes);
    Call to = writes ? call.writes(s, l) : call.reads(s, l);
    to.num(l.stride(0), l.stride(1), l.stride(2));
  }

  private void result(Call call, Tensor t, boolean mine) {
    if (mine) {
      head(call, t, true);
    } else {
      call.num(0, 0, 0, 0);
    }
  }

  final void attentionFloats(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionPattern pattern,
      double scale,
      int queryOffset,
      Tensor out,
      Tensor lse) {
    if (out.elements() == 0) {
      return;
    }
    launch(
        attend(Kernel.ATTENTION, dense(q), dense(k), dense(v), out, lse, scale)
            .num(AttentionTable.of(pattern, q.dim(2), k.dim(2), queryOffset, false)));
  }

  final void attentionGradFloats(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor lse,
      Tensor dOut,
      AttentionPattern pattern,
      double scale,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    if (q.elements() == 0 && k.elements() == 0) {
      return;
    }
    if (!(isDense(q) && isDense(k) && isDense(v) && isDense(out) && isDense(dOut))) {
      attentionGradFloats(
          dense(q), dense(k), dense(v), dense(out), lse, dense(dOut), pattern, scale, dq, dk, dv);
      return;
    }
    Tensor dots =
        new Tensor(allocateFloats(lse.elements()), Layout.contiguous(Shape.of(lse.elements())));
    Call[] calls = new Call[3];
    Kernel[] kernels = {
      Kernel.ATTENTION_DOTS, Kernel.ATTENTION_GRAD_QUERY, Kernel.ATTENTION_GRAD_KEY
    };
    for (int i = 0; i < 3; i++) {
      Call call = attend(kernels[i], q, k, v, out, lse, scale);
      GpuStorage d = at(dots, i == 0);
      calls[i] = i == 0 ? call.writes(d, dots.layout()) : call.reads(d, dots.layout());
      head(call, dOut, false);
      result(call, dq, i == 1);
      result(call, dk, i == 2);
      result(call, dv, i == 2);
      if (i > 0) {
        call.num(AttentionTable.of(pattern, q.dim(2), k.dim(2), 0, i == 2));
      }
    }
    launch(calls);
  }
}
