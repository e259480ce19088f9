package smalti.tensor.reference;

import org.jspecify.annotations.Nullable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;

/// Runs every kernel as the plain loops of its definition, in double precision and for every dtype.
///
/// Backends for the host extend it and override what they do faster, so that nothing is ever
/// missing; it has no state.
public class ReferenceBackend implements Backend {
  /// Makes the backend.
  public ReferenceBackend() {}

  @Override
  public String name() {
    return "reference";
  }

  // ---- elementwise ----

  @Override
  public void fill(double value, Tensor out) {
    ReferenceElementwise.fill(value, out);
  }

  @Override
  public void copy(Tensor x, Tensor out) {
    ReferenceElementwise.copy(x, out);
  }

  @Override
  public void unary(UnaryOp op, Tensor x, Tensor out) {
    ReferenceElementwise.unary(op, x, out);
  }

  @Override
  public void unaryGrad(UnaryOp op, Tensor x, Tensor y, Tensor dOut, Tensor dx) {
    ReferenceElementwise.unaryGrad(op, x, y, dOut, dx);
  }

  @Override
  public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
    ReferenceElementwise.binary(op, a, b, out);
  }

  @Override
  public void binaryGrad(BinaryOp op, boolean first, Tensor a, Tensor b, Tensor dOut, Tensor dx) {
    ReferenceElementwise.binaryGrad(op, first, a, b, dOut, dx);
  }

  @Override
  public void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
    ReferenceElementwise.where(condition, a, b, out);
  }

  @Override
  public void axpby(double alpha, Tensor x, double beta, Tensor y) {
    ReferenceElementwise.axpby(alpha, x, beta, y);
  }

  // ---- reductions ----

  @Override
  public void reduce(ReduceOp op, Tensor x, Tensor out) {
    ReferenceReduction.reduce(op, x, out);
  }

  @Override
  public void argmax(Tensor x, Tensor out) {
    ReferenceReduction.argmax(x, out);
  }

  // ---- matrix product ----

  @Override
  public void matmul(Tensor a, Tensor b, boolean accumulate, Tensor out) {
    ReferenceMatmul.matmul(a, b, accumulate, out);
  }

  @Override
  public void addBias(Tensor bias, Tensor y) {
    ReferenceMatmul.addBias(bias, y);
  }

  // ---- convolution and its neighbours, NCHW ----

  @Override
  public void conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out) {
    ReferenceConvolution.conv2d(x, weight, bias, stride, padding, out);
  }

  @Override
  public void conv2dGradInput(Tensor dOut, Tensor weight, int stride, int padding, Tensor dx) {
    ReferenceConvolution.conv2dGradInput(dOut, weight, stride, padding, dx);
  }

  @Override
  public void conv2dGradWeight(Tensor x, Tensor dOut, int stride, int padding, Tensor dWeight) {
    ReferenceConvolution.conv2dGradWeight(x, dOut, stride, padding, dWeight);
  }

  @Override
  public void maxPool2d(Tensor x, int kernel, Tensor out) {
    ReferencePooling.maxPool2d(x, kernel, out);
  }

  @Override
  public void maxPool2dGrad(Tensor x, Tensor dOut, int kernel, Tensor dx) {
    ReferencePooling.maxPool2dGrad(x, dOut, kernel, dx);
  }

  @Override
  public void avgPool2d(Tensor x, int kernel, Tensor out) {
    ReferencePooling.avgPool2d(x, kernel, out);
  }

  @Override
  public void avgPool2dGrad(Tensor dOut, int kernel, Tensor dx) {
    ReferencePooling.avgPool2dGrad(dOut, kernel, dx);
  }

  @Override
  public void upsampleNearest2d(Tensor x, int scale, Tensor out) {
    ReferencePooling.upsampleNearest2d(x, scale, out);
  }

  @Override
  public void upsampleNearest2dGrad(Tensor dOut, int scale, Tensor dx) {
    ReferencePooling.upsampleNearest2dGrad(dOut, scale, dx);
  }

  // ---- rows: normalisation, softmax, loss ----

  @Override
  public void softmax(Tensor x, Tensor out) {
    ReferenceRows.softmax(x, out);
  }

  @Override
  public void softmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    ReferenceRows.softmaxGrad(y, dOut, dx);
  }

  @Override
  public void logSoftmax(Tensor x, Tensor out) {
    ReferenceRows.logSoftmax(x, out);
  }

  @Override
  public void logSoftmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    ReferenceRows.logSoftmaxGrad(y, dOut, dx);
  }

  @Override
  public void layerNorm(
      Tensor x, Tensor weight, Tensor bias, double eps, Tensor out, Tensor mean, Tensor rstd) {
    ReferenceRows.layerNorm(x, weight, bias, eps, out, mean, rstd);
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
    ReferenceRows.layerNormGrad(x, weight, mean, rstd, dOut, dx, dWeight, dBias);
  }

  @Override
  public void crossEntropy(Tensor logits, Tensor targets, Tensor loss, Tensor lse) {
    ReferenceLoss.crossEntropy(logits, targets, loss, lse);
  }

  @Override
  public void crossEntropyGrad(Tensor logits, Tensor targets, Tensor lse, Tensor dLoss, Tensor dx) {
    ReferenceLoss.crossEntropyGrad(logits, targets, lse, dLoss, dx);
  }

  // ---- indices ----

  @Override
  public void embedding(Tensor weight, Tensor ids, Tensor out) {
    ReferenceIndexing.embedding(weight, ids, out);
  }

  @Override
  public void embeddingGrad(Tensor ids, Tensor dOut, Tensor dWeight) {
    ReferenceIndexing.embeddingGrad(ids, dOut, dWeight);
  }

  @Override
  public void gather(Tensor x, Tensor index, Tensor out) {
    ReferenceIndexing.gather(x, index, out);
  }

  @Override
  public void gatherGrad(Tensor index, Tensor dOut, Tensor dx) {
    ReferenceIndexing.gatherGrad(index, dOut, dx);
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
    ReferenceAttention.attention(q, k, v, pattern, scale, queryOffset, out, lse);
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
    ReferenceAttention.attentionGrad(q, k, v, out, lse, dOut, pattern, scale, dq, dk, dv);
  }

  // ---- random numbers ----

  @Override
  public void uniform(long key, Tensor out) {
    ReferenceRandom.uniform(key, out);
  }

  @Override
  public void normal(long key, Tensor out) {
    ReferenceRandom.normal(key, out);
  }

  @Override
  public void dropout(Tensor x, long key, double p, Tensor out) {
    ReferenceRandom.dropout(x, key, p, out);
  }

  // ---- optimiser ----

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
    ReferenceOptimiser.adamStep(param, grad, lr, beta1, beta2, eps, decay, step, m, v);
  }
}
