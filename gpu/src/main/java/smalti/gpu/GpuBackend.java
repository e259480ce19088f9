package smalti.gpu;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.DType;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.DeviceMeter;

/// Runs kernels on F32 tensors on a device of TornadoVM. Integers, which say where to look, and
/// other dtypes, which are for storing, stay on the host and are computed there.
final class GpuBackend extends ElementDispatch {
  GpuBackend(Device device) {
    super(device);
  }

  @Override
  GpuBackend self() {
    return this;
  }

  @Override
  public String name() {
    return "gpu";
  }

  @Override
  public Storage allocate(DType dtype, int length) {
    return dtype == DType.F32 ? allocateFloats(length) : Storage.allocate(dtype, length);
  }

  @Override
  public Storage output(DType dtype, int length) {
    return allocate(dtype, length);
  }

  @Override
  public List<Tensor> step(Supplier<List<Tensor>> body) {
    return recorded(body);
  }

  @Override
  public boolean recordsSteps() {
    return true;
  }

  @Override
  public Optional<DeviceMeter> meter() {
    return Optional.of(new Meter(this));
  }

  // ---- matrix product ----

  @Override
  public void matmul(Tensor a, Tensor b, boolean accumulate, Tensor out) {
    if (floats(a, b, out)) {
      matmulFloats(a, b, accumulate, out);
    } else {
      host.run(h -> h.matmul(a, b, accumulate, out));
    }
  }

  @Override
  public void addBias(Tensor bias, Tensor y) {
    if (floats(bias, y)) {
      addBiasFloats(bias, y);
    } else {
      host.run(b -> b.addBias(bias, y));
    }
  }

  // ---- convolution and its neighbours ----

  @Override
  public void conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out) {
    if (floats(x, weight, out)) {
      convolve(0, x, weight, out, bias, stride, padding);
    } else {
      host.run(b -> b.conv2d(x, weight, bias, stride, padding, out));
    }
  }

  @Override
  public void conv2dGradInput(Tensor dOut, Tensor weight, int stride, int padding, Tensor dx) {
    if (floats(dOut, weight, dx)) {
      convolve(1, dx, weight, dOut, null, stride, padding);
    } else {
      host.run(b -> b.conv2dGradInput(dOut, weight, stride, padding, dx));
    }
  }

  @Override
  public void conv2dGradWeight(Tensor x, Tensor dOut, int stride, int padding, Tensor dWeight) {
    if (floats(x, dOut, dWeight)) {
      convolve(2, x, dWeight, dOut, null, stride, padding);
    } else {
      host.run(b -> b.conv2dGradWeight(x, dOut, stride, padding, dWeight));
    }
  }

  @Override
  public void maxPool2d(Tensor x, int kernel, Tensor out) {
    if (floats(x, out)) {
      pool(x, kernel, out, true);
    } else {
      host.run(b -> b.maxPool2d(x, kernel, out));
    }
  }

  @Override
  public void maxPool2dGrad(Tensor x, Tensor dOut, int kernel, Tensor dx) {
    if (floats(x, dOut, dx)) {
      maxPoolGrad(x, dOut, kernel, dx);
    } else {
      host.run(b -> b.maxPool2dGrad(x, dOut, kernel, dx));
    }
  }

  @Override
  public void avgPool2d(Tensor x, int kernel, Tensor out) {
    if (floats(x, out)) {
      pool(x, kernel, out, false);
    } else {
      host.run(b -> b.avgPool2d(x, kernel, out));
    }
  }

  @Override
  public void avgPool2dGrad(Tensor dOut, int kernel, Tensor dx) {
    if (floats(dOut, dx)) {
      spread(dOut, kernel, dx, 1.0 / kernel / kernel);
    } else {
      host.run(b -> b.avgPool2dGrad(dOut, kernel, dx));
    }
  }

  @Override
  public void upsampleNearest2d(Tensor x, int scale, Tensor out) {
    if (floats(x, out)) {
      spread(x, scale, out, 1);
    } else {
      host.run(b -> b.upsampleNearest2d(x, scale, out));
    }
  }

  @Override
  public void upsampleNearest2dGrad(Tensor dOut, int scale, Tensor dx) {
    if (floats(dOut, dx)) {
      poolSum(dOut, scale, dx);
    } else {
      host.run(b -> b.upsampleNearest2dGrad(dOut, scale, dx));
    }
  }

  // ---- rows ----

  @Override
  public void softmax(Tensor x, Tensor out) {
    if (floats(x, out)) {
      softmax(x, out, 0);
    } else {
      host.run(b -> b.softmax(x, out));
    }
  }

  @Override
  public void softmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    if (floats(y, dOut, dx)) {
      softmaxGrad(y, dOut, dx, 0);
    } else {
      host.run(b -> b.softmaxGrad(y, dOut, dx));
    }
  }

  @Override
  public void logSoftmax(Tensor x, Tensor out) {
    if (floats(x, out)) {
      softmax(x, out, 1);
    } else {
      host.run(b -> b.logSoftmax(x, out));
    }
  }

  @Override
  public void logSoftmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    if (floats(y, dOut, dx)) {
      softmaxGrad(y, dOut, dx, 1);
    } else {
      host.run(b -> b.logSoftmaxGrad(y, dOut, dx));
    }
  }

  @Override
  public void layerNorm(
      Tensor x, Tensor weight, Tensor bias, double eps, Tensor out, Tensor mean, Tensor rstd) {
    if (floats(x, weight, bias, out, mean, rstd)) {
      layerNormFloats(x, weight, bias, eps, out, mean, rstd);
    } else {
      host.run(b -> b.layerNorm(x, weight, bias, eps, out, mean, rstd));
    }
  }

  @Override
  public void layerNormGrad(
      Tensor x,
      Tensor weight,
      Tensor mean,
      Tensor rstd,
      Tensor dOut,
      Tensor dx,
      Tensor dWeight,
      Tensor dBias) {
    if (floats(x, weight, mean, rstd, dOut, dx, dWeight, dBias)) {
      layerNormGradFloats(x, weight, mean, rstd, dOut, dx, dWeight, dBias);
    } else {
      host.run(b -> b.layerNormGrad(x, weight, mean, rstd, dOut, dx, dWeight, dBias));
    }
  }

  @Override
  public void crossEntropy(Tensor logits, Tensor targets, Tensor loss, Tensor lse) {
    if (floats(logits, loss, lse)) {
      crossEntropyFloats(logits, targets, loss, lse);
    } else {
      host.run(b -> b.crossEntropy(logits, targets, loss, lse));
    }
  }

  @Override
  public void crossEntropyGrad(Tensor logits, Tensor targets, Tensor lse, Tensor dLoss, Tensor dx) {
    if (floats(logits, lse, dLoss, dx)) {
      crossEntropyGradFloats(logits, targets, lse, dLoss, dx);
    } else {
      host.run(b -> b.crossEntropyGrad(logits, targets, lse, dLoss, dx));
    }
  }

  // ---- indices ----

  @Override
  public void embedding(Tensor weight, Tensor ids, Tensor out) {
    if (floats(weight, out)) {
      embeddingFloats(weight, ids, out);
    } else {
      host.run(b -> b.embedding(weight, ids, out));
    }
  }

  @Override
  public void embeddingGrad(Tensor ids, Tensor dOut, Tensor dWeight) {
    if (floats(dOut, dWeight)) {
      embeddingGradFloats(ids, dOut, dWeight);
    } else {
      host.run(b -> b.embeddingGrad(ids, dOut, dWeight));
    }
  }

  @Override
  public void gather(Tensor x, Tensor index, Tensor out) {
    if (floats(x, out)) {
      gatherFloats(x, index, out);
    } else {
      host.run(b -> b.gather(x, index, out));
    }
  }

  @Override
  public void gatherGrad(Tensor index, Tensor dOut, Tensor dx) {
    if (floats(dOut, dx)) {
      gatherGradFloats(index, dOut, dx);
    } else {
      host.run(b -> b.gatherGrad(index, dOut, dx));
    }
  }

  // ---- attention ----

  @Override
  public void attention(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionPattern pattern,
      double scale,
      int queryOffset,
      Tensor out,
      Tensor lse) {
    if (floats(q, k, v, out, lse)) {
      attentionFloats(q, k, v, pattern, scale, queryOffset, out, lse);
    } else {
      host.run(b -> b.attention(q, k, v, pattern, scale, queryOffset, out, lse));
    }
  }

  @Override
  public void attentionGrad(
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
    if (floats(q, k, v, out, lse, dOut, dq, dk, dv)) {
      attentionGradFloats(q, k, v, out, lse, dOut, pattern, scale, dq, dk, dv);
    } else {
      host.run(b -> b.attentionGrad(q, k, v, out, lse, dOut, pattern, scale, dq, dk, dv));
    }
  }

  // ---- random numbers, optimiser ----

  @Override
  public void uniform(long key, Tensor out) {
    if (floats(out)) {
      random(0, key, out, out, 0);
    } else {
      host.run(b -> b.uniform(key, out));
    }
  }

  @Override
  public void normal(long key, Tensor out) {
    if (floats(out)) {
      random(1, key, out, out, 0);
    } else {
      host.run(b -> b.normal(key, out));
    }
  }

  @Override
  public void dropout(Tensor x, long key, double p, Tensor out) {
    if (floats(x, out)) {
      random(2, key, x, out, p);
    } else {
      host.run(b -> b.dropout(x, key, p, out));
    }
  }

  @Override
  public void adamStep(
      Tensor param,
      Tensor grad,
      double lr,
      double beta1,
      double beta2,
      double eps,
      double decay,
      long step,
      Tensor m,
      Tensor v) {
    if (floats(param, grad, m, v)) {
      adam(param, grad, lr, beta1, beta2, eps, decay, step, m, v);
    } else {
      host.run(b -> b.adamStep(param, grad, lr, beta1, beta2, eps, decay, step, m, v));
    }
  }
}
