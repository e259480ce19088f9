package smalti.gpu;

import smalti.gpu.kernel.Kernel;
import smalti.tensor.DType;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;

/// Decides for elementwise kernels and reductions where they are computed: F32 on the device, the
/// rest on the host.
abstract class ElementDispatch extends ImageBackend implements Backend {
  final HostBackend host = new HostBackend();

  ElementDispatch(Device device) {
    super(device);
  }

  @Override
  public void fill(double value, Tensor out) {
    if (floats(out)) {
      fillFloats(value, out);
    } else {
      host.run(b -> b.fill(value, out));
    }
  }

  @Override
  public void copy(Tensor x, Tensor out) {
    if (floats(x, out)) {
      copyFloats(x, out);
    } else if (floats(out)) {
      copyFloats(host.converted(x, DType.F32), out);
    } else {
      host.run(b -> b.copy(HostBackend.fetched(x), out));
    }
  }

  @Override
  public void unary(UnaryOp op, Tensor x, Tensor out) {
    if (floats(x, out)) {
      unaryFloats(op, x, out);
    } else {
      host.run(b -> b.unary(op, x, out));
    }
  }

  @Override
  public void unaryGrad(UnaryOp op, Tensor x, Tensor y, Tensor dOut, Tensor dx) {
    if (floats(x, y, dOut, dx)) {
      unaryGradFloats(op, x, y, dOut, dx);
    } else {
      host.run(b -> b.unaryGrad(op, x, y, dOut, dx));
    }
  }

  @Override
  public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
    if (floats(a, b, out)) {
      binaryFloats(op, a, b, out);
    } else {
      host.run(h -> h.binary(op, a, b, out));
    }
  }

  @Override
  public void binaryGrad(BinaryOp op, boolean first, Tensor a, Tensor b, Tensor dOut, Tensor dx) {
    if (floats(a, b, dOut, dx)) {
      binaryGradFloats(op, first, a, b, dOut, dx);
    } else {
      host.run(h -> h.binaryGrad(op, first, a, b, dOut, dx));
    }
  }

  @Override
  public void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
    if (floats(a, b, out)) {
      Tensor c = floats(condition) ? condition : host.converted(condition, DType.F32);
      whereFloats(c, a, b, out);
    } else {
      host.run(h -> h.where(HostBackend.fetched(condition), a, b, out));
    }
  }

  @Override
  public void axpby(double alpha, Tensor x, double beta, Tensor y) {
    if (!floats(x, y)) {
      host.run(b -> b.axpby(alpha, x, beta, y));
    } else if (y.elements() > 0) {
      launch(
          call(Kernel.AXPBY)
              .num(y.elements())
              .reads(at(x, false), x.layout())
              .writes(beta == 0 ? at(y, true) : changed(y), y.layout())
              .scalar(alpha)
              .scalar(beta));
    }
  }

  // ---- reductions ----

  @Override
  public void reduce(ReduceOp op, Tensor x, Tensor out) {
    if (floats(x, out)) {
      reduceFloats(op, x, out);
    } else {
      host.run(b -> b.reduce(op, x, out));
    }
  }

  @Override
  public void argmax(Tensor x, Tensor out) {
    if (!floats(x)) {
      host.run(b -> b.argmax(x, out));
    } else if (out.elements() > 0) {
      Tensor indices = new Tensor(allocateFloats(out.elements()), layout(out.elements()));
      launch(
          call(Kernel.ARGMAX)
              .num(out.elements(), x.dim(-1))
              .reads(at(x, false), x.layout())
              .writes(at(indices, true), indices.layout()));
      Tensor flat = Tensor.of(indices.toFloats(), out.shape().toArray());
      host.run(b -> b.copy(flat, out));
    }
  }
}
