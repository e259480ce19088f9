package smalti.tensor.plain;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Tensor;
import smalti.tensor.backend.AttentionPart;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.plain.ElementLoops.AdamStep;

/// Runs kernels on F32 host tensors fast; whatever else it is given, it leaves to the reference.
///
/// Every method has one form: the fast path where the tensors fit, otherwise `super`.
public class PlainBackend extends PlainImages {
  private final Broadcasts broadcasts;
  private final Reductions reductions;
  private final Rows rows;
  private final LayerNorms layerNorms;
  private final Indexing indexing;
  private final Products products;
  private final Attention attention;
  private final AttentionStep attentionStep;
  private final AttentionGrad attentionGrad;
  private final RandomFill random;

  /// Makes the backend with plain loops.
  public PlainBackend() {
    this(
        new PlainElementLoops(),
        new PlainRowLoops(),
        new PlainNormalizeLoops(),
        new PlainMatrixLoops());
  }

  /// Makes the backend with loops of another kind.
  protected PlainBackend(
      ElementLoops elements, RowLoops rowLoops, NormalizeLoops norms, MatrixLoops matrices) {
    super(elements, matrices);
    broadcasts = new Broadcasts(elements);
    reductions = new Reductions(elements, rowLoops);
    rows = new Rows(elements, rowLoops);
    layerNorms = new LayerNorms(elements, rowLoops, norms);
    indexing = new Indexing(elements);
    products = new Products(elements, matrices);
    attention = new Attention(elements, rowLoops, matrices);
    attentionStep = new AttentionStep(elements, rowLoops, matrices);
    attentionGrad = new AttentionGrad(elements, rowLoops, matrices);
    random = new RandomFill(elements);
  }

  @Override
  public String name() {
    return "plain";
  }

  // ---- elementwise ----

  @Override
  public void fill(double value, Tensor out) {
    if (Floats.all(out)) {
      Copies.fill((float) value, out);
    } else {
      super.fill(value, out);
    }
  }

  @Override
  public void copy(Tensor x, Tensor out) {
    if (Floats.all(x, out)) {
      Copies.copy(x, out);
    } else {
      super.copy(x, out);
    }
  }

  @Override
  public void unary(UnaryOp op, Tensor x, Tensor out) {
    if (Floats.all(x) && Floats.dense(out)) {
      broadcasts.unary(op, x, out);
    } else {
      super.unary(op, x, out);
    }
  }

  @Override
  public void unaryGrad(UnaryOp op, Tensor x, Tensor y, Tensor dOut, Tensor dx) {
    if (Floats.dense(x, y, dOut, dx)) {
      broadcasts.unaryGrad(op, x, y, dOut, dx);
    } else {
      super.unaryGrad(op, x, y, dOut, dx);
    }
  }

  @Override
  public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
    if (Floats.all(a, b) && Floats.dense(out)) {
      broadcasts.binary(op, a, b, out);
    } else {
      super.binary(op, a, b, out);
    }
  }

  @Override
  public void binaryGrad(BinaryOp op, boolean first, Tensor a, Tensor b, Tensor dOut, Tensor dx) {
    if (Broadcasts.hasGrad(op) && Floats.all(a, b, dOut) && Floats.dense(dx)) {
      broadcasts.binaryGrad(op, first, a, b, dOut, dx);
    } else {
      super.binaryGrad(op, first, a, b, dOut, dx);
    }
  }

  @Override
  public void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
    if (Floats.all(a, b) && Floats.dense(out)) {
      broadcasts.where(condition, a, b, out);
    } else {
      super.where(condition, a, b, out);
    }
  }

  @Override
  public void axpby(double alpha, Tensor x, double beta, Tensor y) {
    if (Floats.dense(x, y)) {
      broadcasts.axpby(alpha, x, beta, y);
    } else {
      super.axpby(alpha, x, beta, y);
    }
  }

  // ---- reductions ----

  @Override
  public void reduce(ReduceOp op, Tensor x, Tensor out) {
    if (Floats.all(x) && Floats.dense(out)) {
      reductions.reduce(op, x, out);
    } else {
      super.reduce(op, x, out);
    }
  }

  @Override
  public void argmax(Tensor x, Tensor out) {
    if (Floats.dense(x) && Floats.denseInts(out)) {
      reductions.argmax(x, out);
    } else {
      super.argmax(x, out);
    }
  }

  // ---- matrix product ----

  @Override
  public void matmul(Tensor a, Tensor b, boolean accumulate, Tensor out) {
    if (Floats.all(a, b) && Floats.dense(out)) {
      products.matmul(a, b, accumulate, out);
    } else {
      super.matmul(a, b, accumulate, out);
    }
  }

  @Override
  public void addBias(Tensor bias, Tensor y) {
    if (Floats.dense(bias, y)) {
      products.addBias(bias, y);
    } else {
      super.addBias(bias, y);
    }
  }

  // ---- rows ----

  @Override
  public void softmax(Tensor x, Tensor out) {
    if (Floats.dense(x, out)) {
      rows.softmax(x, out);
    } else {
      super.softmax(x, out);
    }
  }

  @Override
  public void softmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    if (Floats.dense(y, dOut, dx)) {
      rows.softmaxGrad(y, dOut, dx);
    } else {
      super.softmaxGrad(y, dOut, dx);
    }
  }

  @Override
  public void logSoftmax(Tensor x, Tensor out) {
    if (Floats.dense(x, out)) {
      rows.logSoftmax(x, out);
    } else {
      super.logSoftmax(x, out);
    }
  }

  @Override
  public void logSoftmaxGrad(Tensor y, Tensor dOut, Tensor dx) {
    if (Floats.dense(y, dOut, dx)) {
      rows.logSoftmaxGrad(y, dOut, dx);
    } else {
      super.logSoftmaxGrad(y, dOut, dx);
    }
  }

  @Override
  public void layerNorm(
      Tensor x, Tensor weight, Tensor bias, double eps, Tensor out, Tensor mean, Tensor rstd) {
    if (Floats.dense(x, weight, bias, out, mean, rstd)) {
      layerNorms.layerNorm(x, weight, bias, eps, out, mean, rstd);
    } else {
      super.layerNorm(x, weight, bias, eps, out, mean, rstd);
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
    if (Floats.dense(x, weight, mean, rstd, dOut, dx, dWeight, dBias)) {
      layerNorms.layerNormGrad(x, weight, mean, rstd, dOut, dx, dWeight, dBias);
    } else {
      super.layerNormGrad(x, weight, mean, rstd, dOut, dx, dWeight, dBias);
    }
  }

  @Override
  public void crossEntropy(Tensor logits, Tensor targets, Tensor loss, Tensor lse) {
    if (Floats.dense(logits, loss, lse) && Floats.denseInts(targets)) {
      rows.crossEntropy(logits, targets, loss, lse);
    } else {
      super.crossEntropy(logits, targets, loss, lse);
    }
  }

  @Override
  public void crossEntropyGrad(Tensor logits, Tensor targets, Tensor lse, Tensor dLoss, Tensor dx) {
    if (Floats.dense(logits, lse, dLoss, dx) && Floats.denseInts(targets)) {
      rows.crossEntropyGrad(logits, targets, lse, dLoss, dx);
    } else {
      super.crossEntropyGrad(logits, targets, lse, dLoss, dx);
    }
  }

  // ---- indices ----

  @Override
  public void embedding(Tensor weight, Tensor ids, Tensor out) {
    if (Floats.dense(weight, out) && Floats.denseInts(ids)) {
      indexing.embedding(weight, ids, out);
    } else {
      super.embedding(weight, ids, out);
    }
  }

  @Override
  public void embeddingGrad(Tensor ids, Tensor dOut, Tensor dWeight) {
    if (Floats.dense(dOut, dWeight) && Floats.denseInts(ids)) {
      indexing.embeddingGrad(ids, dOut, dWeight);
    } else {
      super.embeddingGrad(ids, dOut, dWeight);
    }
  }

  @Override
  public void gather(Tensor x, Tensor index, Tensor out) {
    if (Floats.dense(x, out) && Floats.denseInts(index)) {
      indexing.gather(x, index, out);
    } else {
      super.gather(x, index, out);
    }
  }

  @Override
  public void gatherGrad(Tensor index, Tensor dOut, Tensor dx) {
    if (Floats.dense(dOut, dx) && Floats.denseInts(index)) {
      indexing.gatherGrad(index, dOut, dx);
    } else {
      super.gatherGrad(index, dOut, dx);
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
    if (Floats.denseRows(q, k, v, out) && Floats.dense(lse)) {
      attention.attention(q, k, v, pattern, scale, queryOffset, out, lse);
    } else {
      super.attention(q, k, v, pattern, scale, queryOffset, out, lse);
    }
  }

  @Override
  public void attentionStep(
      Tensor q,
      List<Tensor> keys,
      List<Tensor> values,
      double scale,
      @Nullable AttentionPart others,
      Tensor out) {
    if (Floats.denseRows(q, out)
        && keys.stream().allMatch(Floats::denseRows)
        && values.stream().allMatch(Floats::denseRows)
        && (others == null || Floats.denseRows(others.out()) && Floats.all(others.lse()))) {
      attentionStep.attend(q, keys, values, scale, others, out);
    } else {
      super.attentionStep(q, keys, values, scale, others, out);
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
    if (Floats.denseRows(q, k, v, out, dOut, dq, dk, dv) && Floats.dense(lse)) {
      attentionGrad.attentionGrad(q, k, v, out, lse, dOut, pattern, scale, dq, dk, dv);
    } else {
      super.attentionGrad(q, k, v, out, lse, dOut, pattern, scale, dq, dk, dv);
    }
  }

  // ---- random numbers, optimiser ----

  @Override
  public void uniform(long key, Tensor out) {
    if (Floats.dense(out)) {
      random.uniform(key, out);
    } else {
      super.uniform(key, out);
    }
  }

  @Override
  public void normal(long key, Tensor out) {
    if (Floats.dense(out)) {
      RandomFill.normal(key, out);
    } else {
      super.normal(key, out);
    }
  }

  @Override
  public void dropout(Tensor x, long key, double p, Tensor out) {
    if (Floats.dense(x, out)) {
      random.dropout(x, key, p, out);
    } else {
      super.dropout(x, key, p, out);
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
    if (Floats.dense(param, grad, m, v)) {
      AdamStep numbers = AdamStep.of(lr, beta1, beta2, eps, decay, step);
      broadcasts.adam(numbers, param, grad, m, v);
    } else {
      super.adamStep(param, grad, lr, beta1, beta2, eps, decay, step, m, v);
    }
  }
}
